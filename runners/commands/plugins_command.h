// rankadaptor plugins [FILE...]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_PLUGINS_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_PLUGINS_COMMAND_H_

#include <filesystem>
#include <vector>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Lists evaluators in shared libraries, and why a candidate is none. A file
// that is named and is none makes the command fail.
class PluginsCommand final : public Command {
 public:
  explicit PluginsCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  std::vector<std::filesystem::path> files_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_PLUGINS_COMMAND_H_
