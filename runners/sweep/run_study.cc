#include "runners/sweep/run_study.h"

#include <utility>

#include "rankadaptor/common/clock.h"

#include "runners/report/progress_display.h"
#include "runners/study/finished_study.h"
#include "runners/sweep/result_rows.h"
#include "runners/sweep/scratch_study.h"
#include "runners/sweep/study_result.h"
#include "runners/sweep/sweep_state.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

class StudyRunner {
 public:
  StudyRunner(Terminal& terminal,
              LogSink& log,
              const CancellationFlag& cancellation)
      : terminal_(terminal), log_(log), cancellation_(cancellation) {}

  Result<std::vector<ResultRow>> RunIn(const SweepPlan& plan,
                                       const SweepStudy& study,
                                       const fs::path& database) {
    return Run(plan, study, database, nullptr);
  }

  Result<std::vector<ResultRow>> RunInScratch(const SweepPlan& plan,
                                              const SweepStudy& study,
                                              const StudyFiles& kept,
                                              const fs::path& folder) {
    RA_ASSIGN_OR_RETURN(std::unique_ptr<ScratchStudy> scratch,
                        ScratchStudy::Begin(kept, folder, log_));
    auto rows = Run(plan, study, scratch->local().database, scratch.get());
    const bool stopped = !rows && rows.error().code == ErrorCode::kCancelled;
    if (stopped) return rows;  // it may go on here
    Status finished = scratch->Finish();
    if (rows) RA_RETURN_IF_ERROR(std::move(finished));
    return rows;
  }

 private:
  Result<std::vector<ResultRow>> Run(const SweepPlan& plan,
                                     const SweepStudy& study,
                                     const fs::path& database,
                                     StudyObserver* keeper) {
    const double start = SystemClock().MonotonicSeconds();
    RA_ASSIGN_OR_RETURN(LoadedStudy loaded,
                        LoadSweepStudy(plan, study, database));
    ProgressDisplay display(terminal_, loaded.plan->objective());
    std::vector<StudyObserver*> observers = {&display};
    if (keeper != nullptr) observers.push_back(keeper);
    RA_ASSIGN_OR_RETURN(
        WiredStudy wired,
        Wire(std::move(loaded), log_, cancellation_, std::move(observers)));
    RA_ASSIGN_OR_RETURN(StudyReport report, RunToReport(wired, start));
    RA_ASSIGN_OR_RETURN(std::vector<Trial> trials,
                        wired.loaded.store->LoadTrials());
    return MakeResultRows(report, trials, wired.loaded.config);
  }

  Terminal& terminal_;
  LogSink& log_;
  const CancellationFlag& cancellation_;
};

bool IsDone(const std::optional<StudyResult>& result, const std::string& key) {
  return result && result->done && result->config == key;
}

}  // namespace

Result<LoadedStudy> LoadSweepStudy(const SweepPlan& plan,
                                   const SweepStudy& study,
                                   const fs::path& database) {
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadStudyConfig(plan, study, &config));
  return LoadStudy({.config_file = plan.file,
                    .study = database.string(),
                    .overrides = {},
                    .resume = true},
                   std::move(config),
                   std::move(source));
}

Status RunSweepStudy(const SweepPlan& plan,
                     const SweepStudy& study,
                     const SweepFiles& files,
                     const fs::path& scratch,
                     Terminal& terminal,
                     LogSink& log,
                     const CancellationFlag& cancellation) {
  const double start = SystemClock().MonotonicSeconds();
  const fs::path result_file = files.ResultOf(study.name);
  v1::SearchConfig config;
  RA_RETURN_IF_ERROR(ReadStudyConfig(plan, study, &config));
  StudyResult result{.config = ConfigKey(config)};
  RA_ASSIGN_OR_RETURN(const auto before, ReadStudyResult(result_file));
  if (IsDone(before, result.config)) return {};
  StudyRunner runner(terminal, log, cancellation);
  const StudyFiles kept = files.Study(study.name);
  auto rows = scratch.empty() ? runner.RunIn(plan, study, kept.database)
                              : runner.RunInScratch(
                                    plan, study, kept, files.FolderIn(scratch));
  if (!rows && rows.error().code == ErrorCode::kCancelled) {
    return tl::unexpected(rows.error());
  }
  result.done = rows.has_value();
  if (rows) {
    result.rows = *std::move(rows);
  } else {
    result.message = rows.error().message;
  }
  result.wall_seconds = SystemClock().MonotonicSeconds() - start;
  RA_RETURN_IF_ERROR(WriteStudyResult(result_file, result));
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

}  // namespace rankadaptor::runners
