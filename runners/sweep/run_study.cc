#include "runners/sweep/run_study.h"

#include <utility>

#include "rankadaptor/common/clock.h"

#include "runners/report/progress_display.h"
#include "runners/study/finished_study.h"
#include "runners/sweep/result_rows.h"
#include "runners/sweep/study_result.h"
#include "runners/sweep/sweep_state.h"

namespace rankadaptor::runners {
namespace {

Result<std::vector<ResultRow>> RunToRows(LoadedStudy loaded,
                                         double start,
                                         Terminal& terminal,
                                         LogSink& log,
                                         const CancellationFlag& cancellation) {
  ProgressDisplay display(terminal, loaded.plan->objective());
  RA_ASSIGN_OR_RETURN(WiredStudy wired,
                      Wire(std::move(loaded), log, cancellation, display));
  RA_ASSIGN_OR_RETURN(StudyReport report, RunToReport(wired, start));
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials,
                      wired.loaded.store->LoadTrials());
  return MakeResultRows(report, trials, wired.loaded.config);
}

}  // namespace

Result<LoadedStudy> LoadSweepStudy(const SweepPlan& plan,
                                   const SweepStudy& study,
                                   const SweepFiles& files) {
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadStudyConfig(plan, study, &config));
  return LoadStudy({.config_file = plan.file,
                    .study_file = files.Study(study.name).database,
                    .overrides = {},
                    .resume = true},
                   std::move(config),
                   std::move(source));
}

Status RunSweepStudy(const SweepPlan& plan,
                     const SweepStudy& study,
                     const SweepFiles& files,
                     Terminal& terminal,
                     LogSink& log,
                     const CancellationFlag& cancellation) {
  const double start = SystemClock().MonotonicSeconds();
  v1::SearchConfig config;
  RA_RETURN_IF_ERROR(ReadStudyConfig(plan, study, &config));
  StudyResult result{.config = ConfigKey(config)};
  auto rows = LoadSweepStudy(plan, study, files).and_then([&](auto&& loaded) {
    return RunToRows(std::move(loaded), start, terminal, log, cancellation);
  });
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
  RA_RETURN_IF_ERROR(WriteStudyResult(files.ResultOf(study.name), result));
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

}  // namespace rankadaptor::runners
