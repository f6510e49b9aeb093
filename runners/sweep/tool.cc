#include "runners/sweep/tool.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

#include "rankadaptor/common/file.h"

namespace rankadaptor::runners {
namespace {

constexpr int kNoSuchCommand = 127;  // the shell's code

// Reads until the command closes its end.
std::string ReadAll(std::FILE* pipe) {
  std::string text;
  char bytes[4096];
  while (const size_t size = std::fread(bytes, 1, sizeof bytes, pipe)) {
    text.append(bytes, size);
  }
  return text;
}

}  // namespace

std::string ShellWord(const std::string& text) {
  std::string word = "'";
  for (char c : text) word += c == '\'' ? std::string("'\\''") : std::string{c};
  return word + "'";
}

Result<ToolOutput> RunTool(const std::vector<std::string>& command) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::string err_file = (fs::temp_directory_path(ignored) / "tool.XXXXXX");
  const int descriptor = ::mkstemp(err_file.data());
  if (descriptor < 0) {
    return ResourceExhausted(err_file + ": " + std::strerror(errno));
  }
  ::close(descriptor);
  std::string line;
  for (const std::string& word : command) line += ShellWord(word) + " ";
  std::FILE* pipe = ::popen((line + "2>" + ShellWord(err_file)).c_str(), "r");
  if (pipe == nullptr) {
    fs::remove(err_file, ignored);
    return ResourceExhausted(command[0] + ": " + std::strerror(errno));
  }
  ToolOutput output;
  output.out = ReadAll(pipe);
  const int status = ::pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  output.err = ReadFile(err_file).value_or("");
  fs::remove(err_file, ignored);
  if (output.exit_code == kNoSuchCommand) {
    return Unavailable(command[0] + ": is not on PATH; it comes with Slurm");
  }
  return output;
}

}  // namespace rankadaptor::runners
