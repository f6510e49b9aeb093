// What a child prints, line by line to the log; the last line is remembered for
// the reason of a failure.
//
// One thread at a time.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_PRINTED_LINES_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_PRINTED_LINES_H_

#include <string>
#include <string_view>

#include "rankadaptor/common/log.h"

namespace rankadaptor::process::internal {

class PrintedLines {
 public:
  // `name` goes before every line.
  explicit PrintedLines(std::string name) : name_(std::move(name)) {}

  void Append(std::string_view bytes, LogSink& log);
  // The last line that is not blank, finished or not; may be empty.
  const std::string& last() const { return IsBlank(line_) ? last_ : line_; }

 private:
  static bool IsBlank(std::string_view line);
  void EndLine(LogSink& log);

  std::string name_;
  std::string line_;  // the one being printed
  std::string last_;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_PRINTED_LINES_H_
