#include "runners/sweep/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <sys/prctl.h>
#include <sys/wait.h>

#include "runners/terminal/this_program.h"

namespace rankadaptor::runners {
namespace {

// Only what is allowed between fork and exec.
[[noreturn]] void Execute(int log, pid_t parent, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const bool has_parent = ::getppid() == parent;  // it may have died before
  if (has_parent && ::dup2(log, STDOUT_FILENO) >= 0 &&
      ::dup2(log, STDERR_FILENO) >= 0) {
    ::execv(arguments[0], arguments);
  }
  ::_exit(127);
}

int EndOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

Result<ChildProcess> ChildProcess::Start(
    const std::vector<std::string>& arguments,
    const std::filesystem::path& log) {
  RA_ASSIGN_OR_RETURN(const std::filesystem::path program, ThisProgram());
  const int descriptor =
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return InvalidArgument(log.string() +
                           ": cannot be written: " + std::strerror(errno));
  }
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) Execute(descriptor, parent, pointers.data());
  ::close(descriptor);
  if (process < 0) {
    return ResourceExhausted(std::string("no process can be started: ") +
                             std::strerror(errno));
  }
  return ChildProcess(process);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)) {}

ChildProcess::~ChildProcess() {
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
}

std::optional<int> ChildProcess::Poll() {
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
  process_ = -1;
  return EndOf(status);
}

void ChildProcess::Stop() {
  if (process_ > 0) ::kill(process_, SIGTERM);
}

}  // namespace rankadaptor::runners
