#include "runners/commands/sweep_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "runners/store/file_lock.h"
#include "runners/sweep/local_sweep.h"
#include "runners/sweep/run_study.h"
#include "runners/sweep/sweep_report.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// The tables of what is done; an error if a study failed.
Status TellResults(const SweepPlan& plan,
                   const SweepFiles& files,
                   const std::vector<StudyStanding>& standings) {
  RA_ASSIGN_OR_RETURN(const std::string table,
                      WriteResults(plan, files, standings));
  if (!table.empty()) {
    Print(table + "\ntables: " + files.markdown().string() + ", " +
          files.csv().string() + "\n");
  }
  if (std::ranges::count(
          standings, StudyState::kFailed, &StudyStanding::state) == 0) {
    return {};
  }
  return Internal(StandingsInShort(standings) + "; their logs are in " +
                  files.folder().string() + "; --retry-failed runs them again");
}

}  // namespace

SweepCommand::SweepCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "sweep", "Search for every combination of some choices")) {
  app().add_option("config", config_file_, "YAML or JSON")->required();
  auto* status = app().add_flag(
      "--status",
      status_,
      "Say where each study stands and tabulate what is done; start nothing");
  app()
      .add_flag("--retry-failed",
                retry_failed_,
                "Run the studies that failed again, too")
      ->excludes(status);
  app()
      .add_option("--only",
                  only_,
                  "Run this study of the sweep, by its name, and nothing else")
      ->excludes(status);
}

Status SweepCommand::Run(CommandContext& context) {
  RA_ASSIGN_OR_RETURN(const SweepPlan plan, ReadSweepPlan(config_file_));
  const SweepFiles files(config_file_);
  if (!only_.empty()) return RunOnly(plan, files, context);
  if (!status_) return RunAll(plan, files, context);
  RA_ASSIGN_OR_RETURN(const auto standings, ReadStandings(plan, files));
  Print(StandingsAsText(plan, files, standings, {}) + "\n");
  PrintLine(StandingsInShort(standings));
  RA_ASSIGN_OR_RETURN(const std::string table,
                      WriteResults(plan, files, standings));
  if (!table.empty()) Print("\n" + table);
  return {};
}

Status SweepCommand::RunOnly(const SweepPlan& plan,
                             const SweepFiles& files,
                             CommandContext& context) const {
  const auto study = std::ranges::find(plan.studies, only_, &SweepStudy::name);
  if (study == plan.studies.end()) {
    return InvalidArgument("--only " + only_ + ": " + plan.file.string() +
                           " has no such study; --status lists them");
  }
  std::error_code ignored;
  fs::create_directory(files.folder(), ignored);
  return RunSweepStudy(
      plan, *study, files, context.terminal, context.log, context.cancellation);
}

Status SweepCommand::RunAll(const SweepPlan& plan,
                            const SweepFiles& files,
                            CommandContext& context) const {
  RA_ASSIGN_OR_RETURN(auto standings, ReadStandings(plan, files));
  std::error_code ignored;
  fs::create_directory(files.folder(), ignored);
  const std::vector<int> studies = StudiesToRun(standings);
  if (Status checked = CheckStudies(plan, studies, files); !checked) {
    fs::remove(files.folder(), ignored);
    return checked;
  }
  RA_RETURN_IF_ERROR(
      RunLocally(plan, studies, files, context.terminal, context.cancellation));
  RA_ASSIGN_OR_RETURN(standings, ReadStandings(plan, files));
  return TellResults(plan, files, standings);
}

std::vector<int> SweepCommand::StudiesToRun(
    const std::vector<StudyStanding>& standings) const {
  std::vector<int> studies;
  for (size_t i = 0; i < standings.size(); ++i) {
    if (standings[i].state == StudyState::kDone) continue;
    if (standings[i].state == StudyState::kFailed && !retry_failed_) continue;
    studies.push_back(static_cast<int>(i));
  }
  return studies;
}

// Before the first one is started, so that a sweep does not stop after a night
// at a file that is missing.
Status SweepCommand::CheckStudies(const SweepPlan& plan,
                                  const std::vector<int>& studies,
                                  const SweepFiles& files) const {
  for (int study : studies) {
    auto loaded = LoadSweepStudy(plan, plan.studies[study], files);
    if (loaded) continue;
    return InContext("study " + plan.studies[study].name, loaded.error());
  }
  return {};
}

}  // namespace rankadaptor::runners
