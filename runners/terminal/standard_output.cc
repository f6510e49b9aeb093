#include "runners/terminal/standard_output.h"

#include <cstdio>

namespace rankadaptor::runners {

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintLine(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  Print("\n");
}

}  // namespace rankadaptor::runners
