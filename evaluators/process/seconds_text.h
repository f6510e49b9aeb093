// Durations in sentences.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_SECONDS_TEXT_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_SECONDS_TEXT_H_

#include <charconv>
#include <string>

namespace rankadaptor::process::internal {

// "0.5 seconds". Thread-safe.
inline std::string Seconds(double seconds) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, seconds).ptr;
  return std::string(text, end) + " seconds";
}

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_SECONDS_TEXT_H_
