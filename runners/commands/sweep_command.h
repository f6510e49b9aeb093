// rankadaptor sweep CONFIG [--slurm] [--status] [--retry-failed]
//                   [--scratch DIR] [--only STUDY]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_SWEEP_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_SWEEP_COMMAND_H_

#include <filesystem>
#include <string>
#include <vector>

#include "runners/commands/command.h"
#include "runners/sweep/slurm_jobs.h"
#include "runners/sweep/sweep_files.h"
#include "runners/sweep/sweep_plan.h"
#include "runners/sweep/sweep_state.h"

namespace rankadaptor::runners {

// Runs a search for every combination of some choices and tabulates what came
// out.
class SweepCommand final : public Command {
 public:
  explicit SweepCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  Status TellStatus(const SweepPlan& plan, const SweepFiles& files) const;
  Status RunOnly(const SweepPlan& plan,
                 const SweepFiles& files,
                 CommandContext& context) const;
  Status RunAll(const SweepPlan& plan,
                const SweepFiles& files,
                CommandContext& context) const;
  Status RunHere(const SweepPlan& plan,
                 const std::vector<int>& studies,
                 const SweepFiles& files,
                 CommandContext& context) const;
  std::vector<int> StudiesToRun(
      const std::vector<StudyStanding>& standings) const;
  Status CheckStudies(const SweepPlan& plan,
                      const std::vector<int>& studies,
                      const SweepFiles& files) const;

  std::filesystem::path config_file_;
  std::filesystem::path scratch_;
  std::string only_;
  bool slurm_ = false;
  bool status_ = false;
  bool retry_failed_ = false;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_SWEEP_COMMAND_H_
