// The rankadaptor command: reads the command line, runs one command, turns an
// Error into one sentence on stderr and an exit code.
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/version.h"

#include "runners/commands/command.h"
#include "runners/config/suggestion.h"
#include "runners/terminal/exit_code.h"
#include "runners/terminal/interruption.h"
#include "runners/terminal/spdlog_sink.h"
#include "runners/terminal/terminal.h"

namespace rankadaptor::runners {
namespace {

int Fail(Terminal& terminal, const Error& error) {
  terminal.Line("rankadaptor: error: " + error.message);
  return ExitCodeOf(error.code);
}

// CLI11 takes an unknown command for a stray argument of the program.
Status CheckCommandName(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    names.push_back(command->get_name());
    if (names.back() == argv[1]) return {};
  }
  std::string message = "there is no command '" + std::string(argv[1]) + "'";
  if (auto close = ClosestName(argv[1], names)) {
    message += "; did you mean " + *close + "?";
  }
  return InvalidArgument(message);
}

Status RunChosen(std::vector<std::unique_ptr<Command>>& commands,
                 CommandContext& context) {
  for (auto& command : commands) {
    if (command->chosen()) return command->Run(context);
  }
  return InvalidArgument("name a command; rankadaptor --help lists them");
}

int Run(int argc, char** argv, Terminal& terminal) {
  CLI::App app(
      "Searches per-layer hyperparameters: prune, search, recover, "
      "score, export.",
      "rankadaptor");
  app.set_version_flag("--version", kVersion);
  auto commands = MakeCommands(app);
  if (Status known = CheckCommandName(app, argc, argv); !known) {
    return Fail(terminal, known.error());
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Fail(terminal, {ErrorCode::kInvalidArgument, error.what()});
  }
  SpdlogSink log(terminal, LogLevel::kInfo);
  CommandContext context{terminal, log, CancelOnSignals()};
  Status status = RunChosen(commands, context);
  return status ? kExitDone : Fail(terminal, status.error());
}

}  // namespace
}  // namespace rankadaptor::runners

int main(int argc, char** argv) {
  using namespace rankadaptor;  // NOLINT
  runners::Terminal terminal(stderr);
  try {
    return runners::Run(argc, argv, terminal);
  } catch (const std::exception& e) {
    // Libraries are expected to return Errors; what is left is mostly memory.
    terminal.Line(std::string("rankadaptor: error: ") + e.what());
    return runners::kExitFailed;
  }
}
