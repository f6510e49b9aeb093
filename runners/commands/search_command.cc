#include "runners/commands/search_command.h"

#include <CLI/CLI.hpp>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/file.h"

#include "runners/commands/shared_options.h"
#include "runners/report/study_report.h"
#include "runners/store/study_location.h"
#include "runners/study/dry_run.h"
#include "runners/study/finished_study.h"
#include "runners/study/shared_search.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {

SearchCommand::SearchCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "search", "Search for the best configuration of a space")) {
  app().add_option("config", request_.config_file, "YAML or JSON")->required();
  app().add_option("--study",
                   request_.study,
                   "File that keeps the trials (default: the config's name "
                   "with .study.db, beside it), or URL of a database that "
                   "workers share: postgresql://user@host/database?study=name");
  app().add_flag("--resume",
                 request_.resume,
                 "Go on with the study if it is there already");
  AddOverrides(app(), &request_.overrides);
  app().add_flag("--dry-run",
                 dry_run_,
                 "Print what would be done and what it costs, and stop");
  app().add_option("--json", json_file_, "Also write the report to this file");
}

Status SearchCommand::Run(CommandContext& context) {
  if (!json_file_.empty()) RA_RETURN_IF_ERROR(CheckFolderOf(json_file_));
  RA_ASSIGN_OR_RETURN(LoadedStudy loaded, LoadStudy(request_));
  if (dry_run_) {
    RA_ASSIGN_OR_RETURN(std::string text, DescribeStudy(loaded));
    Print(text);
    return {};
  }
  const double start = SystemClock().MonotonicSeconds();
  const std::string place = loaded.files.database.string();
  ProgressDisplay display(context.terminal, loaded.plan->objective());
  Status done = IsDatabaseUrl(loaded.place)
                    ? RunShared(std::move(loaded), display, start, context)
                    : RunAlone(std::move(loaded), display, start, context);
  context.terminal.Transient("");
  if (!done && done.error().code == ErrorCode::kCancelled) {
    return Cancelled(done.error().message +
                     "; go on with: " + ResumeCommand(place));
  }
  return done;
}

Status SearchCommand::RunAlone(LoadedStudy loaded,
                               ProgressDisplay& display,
                               double start,
                               CommandContext& context) const {
  RA_ASSIGN_OR_RETURN(
      WiredStudy wired,
      Wire(std::move(loaded), context.log, context.cancellation, {&display}));
  RA_ASSIGN_OR_RETURN(const StudyReport report, RunToReport(wired, start));
  return TellReport(report, wired.loaded.plan->space());
}

// Together with whoever else works on it.
Status SearchCommand::RunShared(LoadedStudy loaded,
                                ProgressDisplay& display,
                                double start,
                                CommandContext& context) const {
  RA_ASSIGN_OR_RETURN(
      PreparedStudy study,
      Prepare(std::move(loaded), context.log, context.cancellation));
  RA_RETURN_IF_ERROR(ReopenSharedStudy(study.loaded));
  RA_ASSIGN_OR_RETURN(const std::optional<StudySummary> summary,
                      WorkOn(study,
                             {.wants_summary = true, .observers = {&display}},
                             context.log,
                             context.cancellation));
  RA_ASSIGN_OR_RETURN(const StudyReport report,
                      ReportOn(study, *summary, start));
  return TellReport(report, study.loaded.plan->space());
}

Status SearchCommand::TellReport(const StudyReport& report,
                                 const SearchSpace& space) const {
  if (!json_file_.empty()) {
    RA_RETURN_IF_ERROR(
        WriteFileAtomically(json_file_, ReportAsJson(report, space)));
  }
  Print(ReportAsText(report, space));
  return {};
}

std::string SearchCommand::ResumeCommand(const std::string& place) const {
  std::string command = "rankadaptor search " + request_.config_file.string() +
                        " --study " + place + " --resume";
  for (const std::string& assignment : request_.overrides) {
    command += " --set '" + assignment + "'";
  }
  return command;
}

}  // namespace rankadaptor::runners
