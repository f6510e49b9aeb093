#include "evaluators/process/child_process.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sstream>
#include <string_view>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace rankadaptor::process::internal {
namespace {

namespace fs = std::filesystem;

constexpr int kErrnoDescriptor = 3;  // in the child, until it executes

std::string SystemError() { return std::strerror(errno); }

bool IsProgram(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) &&
         ::access(file.c_str(), X_OK) == 0;
}

// Where execvp() would find it; the search allocates, so it is done before the
// process is forked.
Result<fs::path> FindProgram(const std::string& program,
                             const fs::path& folder) {
  if (program.find('/') != std::string::npos) {
    std::error_code ignored;
    const fs::path file = fs::absolute(folder / program, ignored);
    if (IsProgram(file)) return file;
    return NotFound(file.string() + ": there is no such program");
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string entry; std::getline(folders, entry, ':');) {
    if (!entry.empty() && IsProgram(fs::path(entry) / program)) {
      return fs::path(entry) / program;
    }
  }
  return NotFound(program + ": there is no such program in PATH");
}

std::vector<std::string> Environment(const std::vector<std::string>& changes) {
  auto name = [](std::string_view text) {
    return text.substr(0, text.find('='));
  };
  std::vector<std::string> environment = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    bool replaced = false;
    for (const std::string& change : changes) {
      replaced = replaced || name(change) == name(*entry);
    }
    if (!replaced) environment.emplace_back(*entry);
  }
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The child's ends, numbered so high that no standard one is among them.
struct ChildEnds {
  Descriptor input;
  Descriptor output;
  Descriptor error;
  Descriptor start_error;  // takes errno if it cannot be started
};

Result<Descriptor> Raised(int number) {
  const Descriptor low(number);
  Descriptor high(::fcntl(number, F_DUPFD_CLOEXEC, 10));
  if (!high.open()) return ResourceExhausted("no pipe: " + SystemError());
  return high;
}

struct Pipe {
  Descriptor ours;
  Descriptor childs;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return ResourceExhausted("no pipe: " + SystemError());
  }
  Pipe pipe{Descriptor(ends[0]), {}};
  RA_ASSIGN_OR_RETURN(pipe.childs, Raised(ends[1]));
  ::fcntl(pipe.ours.number(), F_SETFL, O_NONBLOCK);
  return pipe;
}

// A socket: writing to it when nobody reads must not raise a signal.
Result<Pipe> MakeInput() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return ResourceExhausted("no socket: " + SystemError());
  }
  Pipe pipe{Descriptor(ends[0]), {}};
  RA_ASSIGN_OR_RETURN(pipe.childs, Raised(ends[1]));
  ::shutdown(pipe.ours.number(), SHUT_RD);
  return pipe;
}

// Everything that the child needs, made before the process is forked.
struct Plan {
  fs::path program;
  std::string folder;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::optional<rlimit> memory;
  std::optional<cpu_set_t> cores;
  pid_t parent = 0;
};

// From here on the child: only what is allowed between fork and exec.
[[noreturn]] void Fail() {
  const int code = errno;
  [[maybe_unused]] const ssize_t written =
      ::write(kErrnoDescriptor, &code, sizeof code);
  ::_exit(127);
}

void Require(bool success) {
  if (!success) Fail();
}

void ResetSignals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void Execute(const Plan& plan, const ChildEnds& ends) {
  ::dup2(ends.start_error.number(), kErrnoDescriptor);
  ::fcntl(kErrnoDescriptor, F_SETFD, FD_CLOEXEC);
  Require(::dup2(ends.input.number(), STDIN_FILENO) >= 0 &&
          ::dup2(ends.output.number(), STDOUT_FILENO) >= 0 &&
          ::dup2(ends.error.number(), STDERR_FILENO) >= 0);
  ::close_range(kErrnoDescriptor + 1, ~0U, 0);
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);  // it died before
  ResetSignals();
  if (plan.cores) {
    Require(::sched_setaffinity(0, sizeof *plan.cores, &*plan.cores) == 0);
  }
  if (plan.memory) Require(::setrlimit(RLIMIT_DATA, &*plan.memory) == 0);
  Require(::chdir(plan.folder.c_str()) == 0);
  ::execve(
      plan.program.c_str(), plan.arguments.data(), plan.environment.data());
  Fail();
}

std::string EndText(int status) {
  if (WIFEXITED(status)) {
    return "ended with exit code " + std::to_string(WEXITSTATUS(status));
  }
  const int signal = WTERMSIG(status);
  return "was killed by signal " + std::to_string(signal) + " (" +
         ::sigdescr_np(signal) + ")";
}

}  // namespace

Result<ChildProcess> ChildProcess::Start(const ChildOptions& options) {
  Plan plan;
  std::vector<std::string> arguments = options.command;
  std::vector<std::string> environment = Environment(options.environment);
  RA_ASSIGN_OR_RETURN(plan.program,
                      FindProgram(arguments.front(), options.folder));
  plan.folder = options.folder.empty() ? "." : options.folder.string();
  plan.arguments = Pointers(arguments);
  plan.environment = Pointers(environment);
  plan.parent = ::getpid();
  if (options.memory_bytes) {
    plan.memory = rlimit{*options.memory_bytes, *options.memory_bytes};
  }
  if (!options.cores.empty()) {
    CPU_ZERO(&plan.cores.emplace());
    for (const int core : options.cores) CPU_SET(core, &*plan.cores);
  }
  RA_ASSIGN_OR_RETURN(Pipe input, MakeInput());
  RA_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  RA_ASSIGN_OR_RETURN(Pipe error, MakePipe());
  RA_ASSIGN_OR_RETURN(Pipe start, MakePipe());
  ::fcntl(start.ours.number(), F_SETFL, 0);  // it is waited for

  const pid_t process = [&] {
    const ChildEnds ends{std::move(input.childs),
                         std::move(output.childs),
                         std::move(error.childs),
                         std::move(start.childs)};
    const pid_t forked = ::fork();
    if (forked == 0) Execute(plan, ends);
    return forked;
  }();
  if (process < 0) {
    return ResourceExhausted("no process can be started: " + SystemError());
  }
  ChildProcess child(process,
                     std::move(input.ours),
                     std::move(output.ours),
                     std::move(error.ours));
  int code = 0;
  ssize_t size;
  do {
    size = ::read(start.ours.number(), &code, sizeof code);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof code) return child;
  return InvalidArgument(plan.program.string() +
                         ": cannot be started: " + std::strerror(code));
}

ChildProcess::ChildProcess(pid_t process,
                           Descriptor input,
                           Descriptor output,
                           Descriptor error)
    : process_(process),
      input_(std::move(input)),
      output_(std::move(output)),
      error_(std::move(error)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      status_(other.status_),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)) {}

ChildProcess::~ChildProcess() {
  if (process_ > 0) Kill();
}

// The group is killed before its leader is reaped: its number is taken as long
// as the leader has not been waited for.
std::optional<std::string> ChildProcess::End() {
  siginfo_t ended{};
  const int flags = WEXITED | WNOHANG | WNOWAIT;
  if (!status_ && ::waitid(P_PID, process_, &ended, flags) == 0 &&
      ended.si_pid == process_) {
    Kill();
  }
  if (!status_) return std::nullopt;
  return EndText(*status_);
}

void ChildProcess::Kill() {
  if (status_) return;
  ::kill(-process_, SIGKILL);
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
}

}  // namespace rankadaptor::process::internal
