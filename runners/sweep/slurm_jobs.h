// The Slurm jobs of a sweep: which study each task of an array runs, and what
// Slurm says of it.
//
// Every array is a file of the sweep's folder: slurm/1.sh (the script),
// slurm/1.studies (a study per line: task i runs line i + 1) and, once it is
// submitted, slurm/1.job (the number that Slurm gave it).
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SLURM_JOBS_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SLURM_JOBS_H_

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

struct SlurmArray {
  std::string job;                   // "123"
  std::vector<std::string> studies;  // of task 0, 1, ...
};

// The submitted arrays in `folder`, in the order of submission.
Result<std::vector<SlurmArray>> ReadSlurmArrays(
    const std::filesystem::path& folder);

// What Slurm last said of a study's task.
struct SlurmTask {
  std::string id;       // "123_4"
  std::string state;    // Slurm's: "PENDING", "RUNNING", "TIMEOUT", ...
  std::string reason;   // why it waits, e.g. "Resources"; may be empty
  bool active = false;  // in the queue: Slurm runs it or will

  // "job 123_4: PENDING (Resources)".
  std::string Text() const;
};

// By study, of its last task. Asks squeue; of tasks that have left the queue
// sacct or, without accounting, scontrol, where they still know. kUnavailable
// if squeue is not there or has no answer. Asks nobody if there is no array.
Result<std::map<std::string, SlurmTask>> AskSlurm(
    const std::vector<SlurmArray>& arrays);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SLURM_JOBS_H_
