// rankadaptor report STUDY... --out FILE.html
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_REPORT_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_REPORT_COMMAND_H_

#include <filesystem>
#include <string>
#include <vector>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Writes studies as one HTML file and, beside it, their trials as CSV.
class ReportCommand final : public Command {
 public:
  explicit ReportCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  std::vector<std::string> studies_;
  std::filesystem::path out_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_REPORT_COMMAND_H_
