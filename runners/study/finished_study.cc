#include "runners/study/finished_study.h"

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/file.h"

#include "runners/study/configured_search.h"

namespace rankadaptor::runners {
namespace {

std::vector<std::optional<int64_t>> CostsOf(const StudySummary& summary,
                                            const EvaluatorPlan& plan) {
  std::vector<std::optional<int64_t>> costs;
  for (const ConfirmedCandidate& candidate : summary.candidates) {
    costs.push_back(plan.NumParameters(candidate.configuration));
  }
  return costs;
}

std::vector<std::pair<std::string, std::string>> Places(
    const StudyFiles& files) {
  std::vector<std::pair<std::string, std::string>> places = {
      {"study", files.database.string()},
      {"report", files.report_markdown.string()},
      {"report as JSON", files.report_json.string()}};
  std::error_code ignored;
  if (std::filesystem::exists(files.artifacts, ignored)) {
    places.emplace_back("adapters", files.artifacts.string());
  }
  return places;
}

Result<StudyReport> MakeStudyReport(PreparedStudy& study,
                                    const StudySummary& summary,
                                    double wall_seconds) {
  LoadedStudy& loaded = study.loaded;
  EvaluatorPlan& plan = *loaded.plan;
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, loaded.store->LoadTrials());
  RA_ASSIGN_OR_RETURN(std::vector<Reference> references,
                      plan.MeasureReferences(Study::ConfirmSeeds(
                          StudyOptionsFrom(loaded.config, plan))));
  StudyReport report;
  report.title = "Study " + loaded.files.name;
  report.evaluator = loaded.store->header().evaluator;
  report.seed = loaded.config.seed();
  report.objective = plan.objective();
  report.summary = summary;
  report.wall_seconds = wall_seconds;
  report.rows = MakeReportRows(
      references, summary, trials, CostsOf(summary, plan), plan.objective());
  report.references = std::move(references);
  report.num_previewed = study.num_previewed;
  report.preview_seconds = study.preview_seconds;
  report.cost_unit = plan.cost_unit();
  report.memory = study.memory->memory();
  report.places = Places(loaded.files);
  return report;
}

}  // namespace

Result<StudyReport> ReportOn(PreparedStudy& study,
                             const StudySummary& summary,
                             double start) {
  RA_ASSIGN_OR_RETURN(
      StudyReport report,
      MakeStudyReport(
          study, summary, SystemClock().MonotonicSeconds() - start));
  const SearchSpace& space = study.loaded.plan->space();
  const StudyFiles& files = study.loaded.files;
  RA_RETURN_IF_ERROR(
      WriteFileAtomically(files.report_json, ReportAsJson(report, space)));
  RA_RETURN_IF_ERROR(WriteFileAtomically(files.report_markdown,
                                         ReportAsMarkdown(report, space)));
  return report;
}

Result<StudyReport> RunToReport(WiredStudy& wired, double start) {
  RA_ASSIGN_OR_RETURN(const StudySummary summary, wired.study->Run());
  return ReportOn(wired, summary, start);
}

}  // namespace rankadaptor::runners
