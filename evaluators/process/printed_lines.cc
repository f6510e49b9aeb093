#include "evaluators/process/printed_lines.h"

#include <utility>

namespace rankadaptor::process::internal {
namespace {

constexpr size_t kMaxLineBytes = 1000;  // the rest of a longer line is dropped

}  // namespace

bool PrintedLines::IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

// Progress bars end their lines with carriage returns.
void PrintedLines::Append(std::string_view bytes, LogSink& log) {
  for (const char c : bytes) {
    if (c == '\n' || c == '\r') {
      EndLine(log);
    } else if (line_.size() < kMaxLineBytes) {
      line_.push_back(c);
    }
  }
}

void PrintedLines::EndLine(LogSink& log) {
  if (!IsBlank(line_)) {
    log.Write(LogLevel::kInfo, name_ + ": " + line_);
    last_ = std::move(line_);
  }
  line_.clear();
}

}  // namespace rankadaptor::process::internal
