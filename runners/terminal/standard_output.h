// Results for people.
#ifndef RANKADAPTOR_RUNNERS_TERMINAL_STANDARD_OUTPUT_H_
#define RANKADAPTOR_RUNNERS_TERMINAL_STANDARD_OUTPUT_H_

#include <string_view>

namespace rankadaptor::runners {

// Writes `text` to stdout as it is.
void Print(std::string_view text);

// Writes `text` and a newline to stdout.
void PrintLine(std::string_view text);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_TERMINAL_STANDARD_OUTPUT_H_
