// Numbers as people read them.
#ifndef RANKADAPTOR_RUNNERS_TERMINAL_NUMBER_FORMAT_H_
#define RANKADAPTOR_RUNNERS_TERMINAL_NUMBER_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>

namespace rankadaptor::runners {

// "0.0s", "4.2s", "45s", "3m12s", "2h05m".
std::string FormatDuration(double seconds);

// "1,268,064".
std::string FormatCount(int64_t count);

// Fixed, four decimals: "0.4983"; "-" for an empty one.
std::string FormatScore(std::optional<double> score);

// FormatScore with a sign: "+0.0121".
std::string FormatDifference(std::optional<double> difference);

// Three digits at most: "25 %" of 0.25.
std::string FormatPercent(double share);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_TERMINAL_NUMBER_FORMAT_H_
