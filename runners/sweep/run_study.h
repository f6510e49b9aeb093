// Runs one study of a sweep in this process, as `rankadaptor search` would, and
// writes how it ended.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_RUN_STUDY_H_
#define RANKADAPTOR_RUNNERS_SWEEP_RUN_STUDY_H_

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"

#include "runners/study/loaded_study.h"
#include "runners/sweep/sweep_files.h"
#include "runners/sweep/sweep_plan.h"
#include "runners/terminal/terminal.h"

namespace rankadaptor::runners {

// Its parts before anything is done, the stored study included if it is there.
// Finds what is wrong with the config and the files it names.
Result<LoadedStudy> LoadSweepStudy(const SweepPlan& plan,
                                   const SweepStudy& study,
                                   const std::filesystem::path& database);

// Runs the study to its end and writes its result, a failure too; does nothing
// if it is done. kCancelled leaves no result: the study goes on when it is run
// again. With a `scratch` folder that is not empty, it runs there and is kept
// in the sweep's folder (scratch_study.h).
Status RunSweepStudy(const SweepPlan& plan,
                     const SweepStudy& study,
                     const SweepFiles& files,
                     const std::filesystem::path& scratch,
                     Terminal& terminal,
                     LogSink& log,
                     const CancellationFlag& cancellation);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_RUN_STUDY_H_
