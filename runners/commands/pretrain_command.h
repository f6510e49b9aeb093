// rankadaptor pretrain CONFIG [--out DIR] [--set path=value ...]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_PRETRAIN_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_PRETRAIN_COMMAND_H_

#include <filesystem>
#include <string>
#include <vector>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Trains a LLaMA from random weights and writes it as a Hugging Face folder.
class PretrainCommand final : public Command {
 public:
  explicit PretrainCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  std::filesystem::path config_file_;
  std::filesystem::path out_;
  std::vector<std::string> overrides_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_PRETRAIN_COMMAND_H_
