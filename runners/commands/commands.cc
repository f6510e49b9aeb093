#include <CLI/CLI.hpp>

#include "runners/commands/command.h"
#include "runners/commands/eval_command.h"
#include "runners/commands/evaluate_trials_command.h"
#include "runners/commands/export_command.h"
#include "runners/commands/generate_command.h"
#include "runners/commands/plugins_command.h"
#include "runners/commands/pretrain_command.h"
#include "runners/commands/prune_command.h"
#include "runners/commands/recover_command.h"
#include "runners/commands/report_command.h"
#include "runners/commands/search_command.h"
#include "runners/commands/serve_command.h"
#include "runners/commands/studies_command.h"
#include "runners/commands/sweep_command.h"
#include "runners/commands/validate_command.h"
#include "runners/commands/worker_command.h"

namespace rankadaptor::runners {

bool Command::chosen() const { return app_->parsed(); }

std::vector<std::unique_ptr<Command>> MakeCommands(CLI::App& app) {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(std::make_unique<SearchCommand>(app));
  commands.push_back(std::make_unique<SweepCommand>(app));
  commands.push_back(std::make_unique<WorkerCommand>(app));
  commands.push_back(std::make_unique<StudiesCommand>(app));
  commands.push_back(std::make_unique<ServeCommand>(app));
  commands.push_back(std::make_unique<PruneCommand>(app));
  commands.push_back(std::make_unique<RecoverCommand>(app));
  commands.push_back(std::make_unique<EvalCommand>(app));
  commands.push_back(std::make_unique<GenerateCommand>(app));
  commands.push_back(std::make_unique<ExportCommand>(app));
  commands.push_back(std::make_unique<ReportCommand>(app));
  commands.push_back(std::make_unique<ValidateCommand>(app));
  commands.push_back(std::make_unique<PretrainCommand>(app));
  commands.push_back(std::make_unique<PluginsCommand>(app));
  commands.push_back(std::make_unique<EvaluateTrialsCommand>(app));
  return commands;
}

}  // namespace rankadaptor::runners
