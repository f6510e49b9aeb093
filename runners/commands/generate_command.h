// rankadaptor generate --model DIR [--adapter DIR] [--model DIR ...]
//                      --prompts FILE [--out FILE]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_GENERATE_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_GENERATE_COMMAND_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/llama/generation.h"

#include "runners/commands/command.h"
#include "runners/report/generation_page.h"

namespace rankadaptor::runners {

// Lets models continue prompts, side by side.
class GenerateCommand final : public Command {
 public:
  explicit GenerateCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  Status CheckArguments() const;
  // What the model in one folder makes of every prompt.
  Result<GeneratedColumn> Column(size_t model,
                                 const std::vector<std::string>& prompts,
                                 CommandContext& context) const;

  std::vector<std::string> models_;
  std::vector<std::string> adapters_;
  std::filesystem::path prompts_file_;
  std::filesystem::path out_;
  std::string dtype_ = "float32";
  std::string device_ = "cpu";
  bool bos_ = true;
  llama::GenerationOptions options_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_GENERATE_COMMAND_H_
