// A study that runs on a local disk and is kept elsewhere, for example in a
// folder that many machines share: after every trial the kept copy is replaced.
//
//   RA_ASSIGN_OR_RETURN(auto scratch, ScratchStudy::Begin(kept, folder, log));
//   ... run the study in scratch->local(), with it among the observers ...
//   RA_RETURN_IF_ERROR(scratch->Finish());
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SCRATCH_STUDY_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SCRATCH_STUDY_H_

#include <filesystem>
#include <memory>

#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/study_observer.h"

#include "runners/study/study_files.h"

namespace rankadaptor::runners {

// One call at a time, as StudyObserver promises.
class ScratchStudy final : public StudyObserver {
 public:
  // Makes `folder` and puts the study there: the kept copy, or what an earlier
  // run left there if that has more trials, or nothing. `log` is borrowed.
  static Result<std::unique_ptr<ScratchStudy>> Begin(
      StudyFiles kept, const std::filesystem::path& folder, LogSink& log);

  const StudyFiles& local() const { return local_; }

  // Replaces the kept copy. That it cannot be written is logged: the next trial
  // tries again.
  void OnTrialFinished(const Trial& trial, const StudyProgress&) override;

  // Takes all of the study to where it is kept and removes it here.
  Status Finish();

 private:
  ScratchStudy(StudyFiles kept, StudyFiles local, LogSink& log)
      : kept_(std::move(kept)), local_(std::move(local)), log_(log) {}

  const StudyFiles kept_;
  const StudyFiles local_;
  LogSink& log_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SCRATCH_STUDY_H_
