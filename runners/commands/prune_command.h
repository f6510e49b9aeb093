// rankadaptor prune --model DIR --config FILE --out DIR [--set path=value ...]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_PRUNE_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_PRUNE_COMMAND_H_

#include <filesystem>
#include <string>
#include <vector>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Prunes a model and writes what is left as a Hugging Face folder.
class PruneCommand final : public Command {
 public:
  explicit PruneCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  std::filesystem::path model_;
  std::filesystem::path config_file_;
  std::filesystem::path out_;
  std::vector<std::string> overrides_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_PRUNE_COMMAND_H_
