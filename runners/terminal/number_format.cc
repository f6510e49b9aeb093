#include "runners/terminal/number_format.h"

#include <cmath>
#include <cstdio>

namespace rankadaptor::runners {
namespace {

template <typename... Arguments>
std::string Print(const char* format, Arguments... arguments) {
  char text[64];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

}  // namespace

std::string FormatDuration(double seconds) {
  if (seconds < 9.95) return Print("%.1fs", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  const auto hours = static_cast<long long>(whole / 3600);
  const auto minutes = static_cast<int>(whole / 60 % 60);
  if (hours > 0) return Print("%lldh%02dm", hours, minutes);
  if (minutes > 0) {
    return Print("%dm%02ds", minutes, static_cast<int>(whole % 60));
  }
  return Print("%ds", static_cast<int>(whole));
}

std::string FormatCount(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3; at -= 3) {
    digits.insert(at - 3, ",");
  }
  return digits;
}

std::string FormatScore(std::optional<double> score) {
  return score.has_value() ? Print("%.4f", *score) : "-";
}

std::string FormatDifference(std::optional<double> difference) {
  return difference.has_value() ? Print("%+.4f", *difference) : "-";
}

std::string FormatPercent(double share) {
  return Print("%.3g %%", 100 * share);
}

}  // namespace rankadaptor::runners
