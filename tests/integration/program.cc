#include "tests/integration/program.h"

#include <algorithm>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "rankadaptor/common/file.h"

namespace rankadaptor::testing {
namespace {

// Only what is allowed between fork and exec.
[[noreturn]] void Execute(const char* folder,
                          int out,
                          int err,
                          char* const* arguments) {
  if (::chdir(folder) == 0 && ::dup2(out, STDOUT_FILENO) >= 0 &&
      ::dup2(err, STDERR_FILENO) >= 0) {
    ::execv(arguments[0], arguments);
  }
  ::_exit(127);
}

}  // namespace

Program::Program(const std::filesystem::path& folder,
                 const std::vector<std::string>& arguments) {
  std::string pattern = ::testing::TempDir() + "stdout.XXXXXX";
  const int out = ::mkstemp(pattern.data());
  out_file_ = pattern;
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::vector<std::string> words = {RANKADAPTOR_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::setenv("OMP_NUM_THREADS", "1", 1);
  process_ = ::fork();
  if (process_ == 0) Execute(folder.c_str(), out, ends[1], pointers.data());
  ::close(out);
  ::close(ends[1]);
  error_pipe_ = ends[0];
}

Program::~Program() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(error_pipe_);
  std::error_code ignored;
  std::filesystem::remove(out_file_, ignored);
}

void Program::WaitForErrorLines(int num_lines) {
  while (std::count(err_.begin(), err_.end(), '\n') < num_lines) {
    if (!ReadMore()) return;
  }
}

void Program::Signal(int signal) { ::kill(process_, signal); }

ProgramResult Program::Finish() {
  while (ReadMore()) {
  }
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = ReadFile(out_file_).value_or(""),
          .err = err_};
}

bool Program::ReadMore() {
  char bytes[4096];
  const ssize_t size = ::read(error_pipe_, bytes, sizeof bytes);
  if (size <= 0) return false;
  err_.append(bytes, static_cast<size_t>(size));
  return true;
}

ProgramResult RunProgram(const std::filesystem::path& folder,
                         const std::vector<std::string>& arguments) {
  return Program(folder, arguments).Finish();
}

}  // namespace rankadaptor::testing
