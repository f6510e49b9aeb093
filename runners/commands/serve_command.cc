#include "runners/commands/serve_command.h"

#include <csignal>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/surrogate/mlp_model.h"

#include "runners/serve/line_reader.h"
#include "runners/serve/serve_session.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

constexpr size_t kMaxLineBytes = size_t{64} << 20;

Result<std::unique_ptr<Strategy>> MakeServedStrategy(const std::string& name,
                                                     const SearchSpace& space,
                                                     StrategyOptions options) {
  options.make_performance_model = [](int num_features, uint64_t model_seed) {
    return surrogate::MakeMlpModel(num_features, {.seed = model_seed});
  };
  return MakeStrategy(name, space, options);
}

}  // namespace

ServeCommand::ServeCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "serve", "Suggest configurations to a program that evaluates them")) {
  app()
      .add_flag("--stdio",
                stdio_,
                "One JSON object a line on standard input and output")
      ->required();
  app().add_flag("--no-sync",
                 no_sync_,
                 "Do not wait for the disk: a study survives a killed process, "
                 "but power loss may take its last trials");
}

Status ServeCommand::Run(CommandContext& /*context*/) {
  // Every reply is on disk already, so a signal may end the process at once.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  ServeSession session(
      MakeServedStrategy,
      no_sync_ ? Durability::kKilledProcess : Durability::kPowerLoss);
  LineReader input(STDIN_FILENO, kMaxLineBytes);
  while (auto line = input.Next()) {
    PrintLine(line->too_long
                  ? ErrorReply("the line is longer than " +
                               std::to_string(kMaxLineBytes) + " bytes")
                  : session.Reply(line->text));
  }
  return {};
}

}  // namespace rankadaptor::runners
