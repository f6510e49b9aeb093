#include "runners/commands/sweep_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "runners/store/failed_trials.h"
#include "runners/store/file_lock.h"
#include "runners/sweep/local_sweep.h"
#include "runners/sweep/run_study.h"
#include "runners/sweep/slurm_sweep.h"
#include "runners/sweep/sweep_report.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

using SlurmTasks = std::map<std::string, SlurmTask>;

Result<SlurmTasks> AskSlurm(const SweepFiles& files) {
  RA_ASSIGN_OR_RETURN(const std::vector<SlurmArray> arrays,
                      ReadSlurmArrays(files.slurm()));
  return AskSlurm(arrays);
}

bool IsActive(const SlurmTasks& tasks, const std::string& study) {
  const auto task = tasks.find(study);
  return task != tasks.end() && task->second.active;
}

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

// Where Slurm runs a study, this machine must not.
Status CheckNoneActive(const SweepPlan& plan,
                       const std::vector<int>& studies,
                       const SlurmTasks& tasks) {
  for (int study : studies) {
    const std::string& name = plan.studies[study].name;
    if (!IsActive(tasks, name)) continue;
    return FailedPrecondition("study " + name + " is in Slurm's queue, " +
                              tasks.at(name).Text() +
                              "; wait for it (--status) or scancel it");
  }
  return {};
}

// What failed in a study that failed is measured again, here or wherever an
// earlier run left it.
Status ForgetFailures(const SweepPlan& plan,
                      const std::vector<StudyStanding>& standings,
                      const SweepFiles& files,
                      const fs::path& scratch) {
  for (size_t i = 0; i < standings.size(); ++i) {
    if (standings[i].state != StudyState::kFailed) continue;
    const fs::path database = files.Study(plan.studies[i].name).database;
    RA_RETURN_IF_ERROR(ForgetFailedTrials(database));
    if (scratch.empty()) continue;
    RA_RETURN_IF_ERROR(
        ForgetFailedTrials(files.FolderIn(scratch) / database.filename()));
  }
  return {};
}

Status HandToSlurm(const SweepPlan& plan,
                   std::vector<int> studies,
                   const SlurmTasks& tasks,
                   const SweepFiles& files) {
  std::erase_if(studies, [&](int study) {
    return IsActive(tasks, plan.studies[study].name);
  });
  if (studies.empty()) {
    PrintLine("no study is left to submit; --status says where they stand");
    return {};
  }
  RA_ASSIGN_OR_RETURN(const std::vector<std::string> jobs,
                      SubmitToSlurm(plan, studies, files));
  std::string text =
      "submitted " + std::to_string(studies.size()) + " studies as Slurm job";
  for (const std::string& job : jobs) text += " " + job;
  PrintLine(text + "; --status says where they stand");
  return {};
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
  auto* slurm = app().add_flag(
      "--slurm", slurm_, "Submit the studies as Slurm job arrays and return");
  slurm->excludes(status);
  app()
      .add_flag("--retry-failed",
                retry_failed_,
                "Run the studies that failed again, too, and measure their "
                "failed trials anew")
      ->excludes(status);
  app()
      .add_option("--scratch",
                  scratch_,
                  "A folder on a local disk for studies while they run; for "
                  "sweeps on a network file system")
      ->excludes(status)
      ->excludes(slurm);
  app()
      .add_option("--only",
                  only_,
                  "Run this study of the sweep, by its name, and nothing else")
      ->excludes(status)
      ->excludes(slurm);
}

Status SweepCommand::Run(CommandContext& context) {
  RA_ASSIGN_OR_RETURN(const SweepPlan plan, ReadSweepPlan(config_file_));
  const SweepFiles files(config_file_);
  if (status_) return TellStatus(plan, files);
  if (!only_.empty()) return RunOnly(plan, files, context);
  return RunAll(plan, files, context);
}

Status SweepCommand::TellStatus(const SweepPlan& plan,
                                const SweepFiles& files) const {
  RA_ASSIGN_OR_RETURN(const auto standings, ReadStandings(plan, files));
  const auto tasks = AskSlurm(files);
  std::vector<std::string> notes(standings.size());
  for (size_t i = 0; tasks && i < notes.size(); ++i) {
    const auto task = tasks->find(plan.studies[i].name);
    const bool waits = standings[i].state == StudyState::kWaiting;
    if (waits && task != tasks->end()) notes[i] = task->second.Text();
  }
  Print(StandingsAsText(plan, files, standings, notes) + "\n");
  if (!tasks) PrintLine("of Slurm nothing is known: " + tasks.error().message);
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
  return RunSweepStudy(plan,
                       *study,
                       files,
                       scratch_,
                       context.terminal,
                       context.log,
                       context.cancellation);
}

Status SweepCommand::RunAll(const SweepPlan& plan,
                            const SweepFiles& files,
                            CommandContext& context) const {
  RA_ASSIGN_OR_RETURN(const auto standings, ReadStandings(plan, files));
  const std::vector<int> studies = StudiesToRun(standings);
  SlurmTasks tasks;
  if (!studies.empty()) {
    RA_ASSIGN_OR_RETURN(tasks, AskSlurm(files));
  }
  if (!slurm_) RA_RETURN_IF_ERROR(CheckNoneActive(plan, studies, tasks));
  std::error_code ignored;
  fs::create_directory(files.folder(), ignored);
  if (Status checked = CheckStudies(plan, studies, files); !checked) {
    fs::remove(files.folder(), ignored);
    return checked;
  }
  RA_ASSIGN_OR_RETURN(const FileLock lock,
                      FileLock::Acquire(files.folder() / "sweep"));
  if (retry_failed_) {
    RA_RETURN_IF_ERROR(ForgetFailures(plan, standings, files, scratch_));
  }
  return slurm_ ? HandToSlurm(plan, studies, tasks, files)
                : RunHere(plan, studies, files, context);
}

Status SweepCommand::RunHere(const SweepPlan& plan,
                             const std::vector<int>& studies,
                             const SweepFiles& files,
                             CommandContext& context) const {
  RA_RETURN_IF_ERROR(RunLocally(
      plan, studies, files, scratch_, context.terminal, context.cancellation));
  RA_ASSIGN_OR_RETURN(const auto standings, ReadStandings(plan, files));
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
  // What runs in another folder has no study file here yet.
  const bool runs_here = !slurm_ && scratch_.empty();
  for (int study : studies) {
    const std::string& name = plan.studies[study].name;
    auto loaded = LoadSweepStudy(
        plan, plan.studies[study], files.Study(runs_here ? name : "").database);
    if (!loaded) return InContext("study " + name, loaded.error());
  }
  return {};
}

}  // namespace rankadaptor::runners
