#include "runners/terminal/this_program.h"

#include <system_error>

namespace rankadaptor::runners {

Result<std::filesystem::path> ThisProgram() {
  std::error_code code;
  auto program = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return Internal("/proc/self/exe: " + code.message());
  return program;
}

}  // namespace rankadaptor::runners
