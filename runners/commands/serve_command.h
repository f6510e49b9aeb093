// rankadaptor serve --stdio [--no-sync]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_SERVE_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_SERVE_COMMAND_H_

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Lets a program in any language evaluate what the engine suggests, one JSON
// object a line each way (docs/serve.md).
class ServeCommand final : public Command {
 public:
  explicit ServeCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  bool stdio_ = false;
  bool no_sync_ = false;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_SERVE_COMMAND_H_
