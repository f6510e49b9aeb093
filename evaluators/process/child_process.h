// A program that runs as a child: its own process group, pipes to its standard
// input, output and error, limits; killed with all it started.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_CHILD_PROCESS_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_CHILD_PROCESS_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "rankadaptor/common/result.h"

#include "evaluators/process/descriptor.h"

namespace rankadaptor::process::internal {

struct ChildOptions {
  std::vector<std::string> command;  // program and arguments
  std::filesystem::path folder;      // where it runs
  // "NAME=value", in place of what this process has or beside it.
  std::vector<std::string> environment;
  std::optional<uint64_t> memory_bytes;  // RLIMIT_DATA
  std::vector<int> cores;                // empty: as this process
};

// One thread at a time.
class ChildProcess {
 public:
  // The system kills the child when the calling *thread* ends (PDEATHSIG).
  // kNotFound if there is no such program, kResourceExhausted if it cannot be
  // started now, kInvalidArgument if the system refuses it.
  static Result<ChildProcess> Start(const ChildOptions& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();  // as Kill()

  // Non-blocking; `input` is a socket.
  const Descriptor& input() const { return input_; }
  const Descriptor& output() const { return output_; }
  const Descriptor& error() const { return error_; }
  void CloseInput() { input_ = Descriptor(); }

  // "ended with exit code 3", "was killed by signal 11 (Segmentation fault)";
  // nothing while it runs.
  std::optional<std::string> End();

  // Kills the process group, at once, and waits for the child.
  void Kill();

 private:
  ChildProcess(pid_t process,
               Descriptor input,
               Descriptor output,
               Descriptor error);

  pid_t process_;
  std::optional<int> status_;  // of waitpid(); the process is gone
  Descriptor input_;
  Descriptor output_;
  Descriptor error_;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_CHILD_PROCESS_H_
