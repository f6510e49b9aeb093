// rankadaptor evaluate-trials --config NAME --artifacts FOLDER
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_EVALUATE_TRIALS_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_EVALUATE_TRIALS_COMMAND_H_

#include <filesystem>
#include <string>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// The process in which a search with `isolation` runs trials
// (runners/study/isolated_plan.h): speaks the protocol of docs/protocol.md and
// gets the search's config in it. Not in --help.
class EvaluateTrialsCommand final : public Command {
 public:
  explicit EvaluateTrialsCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  std::string document_;
  std::filesystem::path artifacts_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_EVALUATE_TRIALS_COMMAND_H_
