// rankadaptor recover --model DIR --config FILE [--ranks FILE] --out DIR
//                     [--set path=value ...]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_RECOVER_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_RECOVER_COMMAND_H_

#include <filesystem>
#include <string>
#include <vector>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Trains a LoRA adapter beside a (pruned) model and writes it as a PEFT folder.
class RecoverCommand final : public Command {
 public:
  explicit RecoverCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  std::filesystem::path model_;
  std::filesystem::path config_file_;
  std::filesystem::path ranks_file_;
  std::filesystem::path out_;
  std::vector<std::string> overrides_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_RECOVER_COMMAND_H_
