// rankadaptor worker --study URL [--artifacts DIR] [--lease SECONDS]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_WORKER_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_WORKER_COMMAND_H_

#include <filesystem>
#include <string>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Takes part in a study in a database until it has ended.
class WorkerCommand final : public Command {
 public:
  explicit WorkerCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  std::string study_;
  std::filesystem::path artifacts_;
  double lease_seconds_ = 60;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_WORKER_COMMAND_H_
