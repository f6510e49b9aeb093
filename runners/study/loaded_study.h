// LoadStudy() reads what a study is to do and finds its store; Wire() makes the
// parts from it and joins them to a Study that can run.
#ifndef RANKADAPTOR_RUNNERS_STUDY_LOADED_STUDY_H_
#define RANKADAPTOR_RUNNERS_STUDY_LOADED_STUDY_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/search/study_observer.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/report/phase_memory.h"
#include "runners/store/study_store.h"
#include "runners/study/evaluator_plan.h"
#include "runners/study/study_files.h"

namespace rankadaptor::runners {

struct StudyRequest {
  std::filesystem::path config_file;
  std::string study;  // file or URL; empty: a file beside the config
  std::vector<std::string> overrides;
  bool resume = false;
};

struct LoadedStudy {
  v1::SearchConfig config;
  ConfigSource source;
  std::filesystem::path config_file;
  StudyFiles files;
  std::unique_ptr<EvaluatorPlan> plan;
  std::string place;                  // of the study: file or URL
  std::unique_ptr<StudyStore> store;  // null if the study is a new one
};

// Cheap: reads files, writes none. kAlreadyExists if the study is there and
// `request` does not resume it; kInvalidArgument names the field in which the
// config differs from the one the study was made with.
Result<LoadedStudy> LoadStudy(const StudyRequest& request);

// The same with a config that was read already; `request` names its file and
// has no overrides.
Result<LoadedStudy> LoadStudy(const StudyRequest& request,
                              v1::SearchConfig config,
                              ConfigSource source);

// kInvalidArgument names what a study that workers share cannot have: nested
// ranks, whose look before the first trial one process makes for itself.
Status CheckCanBeShared(const LoadedStudy& loaded);

// A study whose evaluator is made and whose store is there.
struct PreparedStudy {
  LoadedStudy loaded;
  std::unique_ptr<Evaluator> evaluator;
  std::unique_ptr<PhaseMemoryRecorder> memory;  // to observe the run
  // Configurations that were looked at before the first trial, and how long
  // that took.
  int64_t num_previewed = 0;
  double preview_seconds = 0;
};

// Makes the evaluator and, for a new study, the store. kInvalidArgument if the
// study was made by another evaluator, version of it or search space. What is
// passed by reference is borrowed for the life of the result.
Result<PreparedStudy> Prepare(LoadedStudy loaded,
                              LogSink& log,
                              const CancellationFlag& cancellation);

// What runs, and what it stands on.
struct WiredStudy : PreparedStudy {
  std::unique_ptr<Study> study;
};

// The same with a study that runs in this process alone. The arguments by
// reference or pointer are borrowed for the life of the result.
Result<WiredStudy> Wire(LoadedStudy loaded,
                        LogSink& log,
                        const CancellationFlag& cancellation,
                        std::vector<StudyObserver*> observers);

// Number of trials that the study makes at most: search and confirmation.
struct TrialCounts {
  int search = 0;
  int confirmation = 0;
};
TrialCounts MaxTrials(const LoadedStudy& loaded);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_LOADED_STUDY_H_
