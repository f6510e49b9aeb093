// Runs a command of the scheduler and takes what it prints.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_TOOL_H_
#define RANKADAPTOR_RUNNERS_SWEEP_TOOL_H_

#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

struct ToolOutput {
  int exit_code = -1;  // -1 if a signal ended it
  std::string out;     // stdout
  std::string err;     // stderr
};

// Looks for `command[0]` on PATH and waits for its end. kUnavailable if it is
// not there.
Result<ToolOutput> RunTool(const std::vector<std::string>& command);

// As one word of a shell's command line.
std::string ShellWord(const std::string& text);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_TOOL_H_
