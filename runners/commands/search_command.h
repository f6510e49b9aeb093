// rankadaptor search CONFIG [--study FILE|URL] [--resume] [--set path=value
// ...]
//                    [--dry-run] [--json FILE]
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_SEARCH_COMMAND_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_SEARCH_COMMAND_H_

#include <filesystem>
#include <string>

#include "runners/commands/command.h"
#include "runners/report/progress_display.h"
#include "runners/report/study_report.h"
#include "runners/study/loaded_study.h"

namespace rankadaptor::runners {

// Runs a study to its end and reports what it found.
class SearchCommand final : public Command {
 public:
  explicit SearchCommand(CLI::App& parent);
  Status Run(CommandContext& context) override;

 private:
  Status RunAlone(LoadedStudy loaded,
                  ProgressDisplay& display,
                  double start,
                  CommandContext& context) const;
  Status RunShared(LoadedStudy loaded,
                   ProgressDisplay& display,
                   double start,
                   CommandContext& context) const;
  Status TellReport(const StudyReport& report, const SearchSpace& space) const;
  std::string ResumeCommand(const std::string& place) const;

  StudyRequest request_;
  std::filesystem::path json_file_;
  bool dry_run_ = false;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_SEARCH_COMMAND_H_
