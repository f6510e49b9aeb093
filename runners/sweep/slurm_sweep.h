// Hands the studies of a sweep to Slurm as job arrays.
//
// A task runs one study (`rankadaptor sweep CONFIG --only NAME --scratch DIR`):
// on a local disk, with a copy in the sweep's folder after every trial. A task
// that is requeued, on whatever node, goes on from that copy.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SLURM_SWEEP_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SLURM_SWEEP_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/v1/sweep.pb.h"

#include "runners/sweep/sweep_files.h"
#include "runners/sweep/sweep_plan.h"

namespace rankadaptor::runners {

// The script of an array of `num_tasks` tasks. Paths are absolute.
struct SlurmScript {
  std::string name;  // of the job
  int num_tasks = 0;
  std::filesystem::path program;
  std::filesystem::path config;
  std::filesystem::path studies;  // a name per line
  std::filesystem::path logs;     // folder
};
std::string SlurmScriptText(const SlurmScript& script,
                            const v1::SlurmOptions& options);

// Submits the studies with these indices in the plan, as many arrays as it
// takes. Returns Slurm's numbers of them. kUnavailable if sbatch is not there,
// kInvalidArgument with what it says if it refuses.
Result<std::vector<std::string>> SubmitToSlurm(const SweepPlan& plan,
                                               const std::vector<int>& studies,
                                               const SweepFiles& files);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SLURM_SWEEP_H_
