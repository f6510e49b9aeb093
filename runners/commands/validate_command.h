// rankadaptor validate CONFIG [--set path=value ...]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_VALIDATE_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_VALIDATE_COMMAND_H_

#include <filesystem>
#include <string>
#include <vector>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Checks a config of any command and the files it names, and does nothing else.
class ValidateCommand final : public Command {
 public:
  explicit ValidateCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  Status ValidateSearch() const;
  Status ValidateSweep() const;
  Status ValidatePrune() const;
  Status ValidateRecover() const;
  Status ValidatePretrain() const;

  std::filesystem::path config_file_;
  std::vector<std::string> overrides_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_VALIDATE_COMMAND_H_
