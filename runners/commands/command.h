// A subcommand of the program: declares its arguments when it is made and does
// its work when it was chosen. One class and one file per command.
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_COMMAND_H_

#include <memory>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"

#include "runners/terminal/terminal.h"

namespace CLI {
class App;
}

namespace rankadaptor::runners {

// What main() lends to a command.
struct CommandContext {
  Terminal& terminal;  // stderr: progress and notes
  LogSink& log;
  const CancellationFlag& cancellation;
};

class Command {
 public:
  virtual ~Command() = default;

  // Does the work; results for people go to stdout. Called once, after the
  // arguments were read.
  virtual Status Run(CommandContext& context) = 0;

  // True if the command line names this command.
  bool chosen() const;

 protected:
  // `app` is the subcommand's; borrowed.
  explicit Command(CLI::App* app) : app_(app) {}
  CLI::App& app() { return *app_; }

 private:
  CLI::App* app_;
};

// Every command of the program, declared in `app`, which must outlive them.
std::vector<std::unique_ptr<Command>> MakeCommands(CLI::App& app);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_COMMAND_H_
