// rankadaptor studies list DATABASE|FOLDER
//                     show STUDY
//                     copy FROM TO
//                     export STUDY --out FILE.csv|FILE.json
//                     delete STUDY --confirm NAME
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_STUDIES_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_STUDIES_COMMAND_H_

#include <filesystem>
#include <string>

#include "runners/commands/command.h"

namespace rankadaptor::runners {

// Looks after stored studies, in files and databases alike.
class StudiesCommand final : public Command {
 public:
  explicit StudiesCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  Status List() const;
  Status Show() const;
  Status Copy() const;
  Status Export() const;
  Status Delete() const;

  const CLI::App* list_;
  const CLI::App* show_;
  const CLI::App* copy_;
  const CLI::App* export_;
  std::string place_;
  std::string target_;
  std::filesystem::path out_;
  std::string confirmed_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_STUDIES_COMMAND_H_
