// rankadaptor prune --model DIR --config FILE --out DIR [--set path=value ...]
// rankadaptor prune --model DIR --config FILE --dry-run
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_PRUNE_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_PRUNE_COMMAND_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/v1/prune.pb.h"

#include "runners/commands/command.h"
#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// Prunes a model and writes what is left as a Hugging Face folder.
class PruneCommand final : public Command {
 public:
  explicit PruneCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  Status Describe(const v1::PruneConfig& config,
                  const ConfigSource& source) const;
  Status Prune(const v1::PruneConfig& config, const ConfigSource& source) const;

  std::filesystem::path model_;
  std::filesystem::path config_file_;
  std::filesystem::path out_;
  bool dry_run_ = false;
  std::vector<std::string> overrides_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_PRUNE_COMMAND_H_
