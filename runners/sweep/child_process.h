// This program once more, as a child that does one thing and may die of it.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_CHILD_PROCESS_H_
#define RANKADAPTOR_RUNNERS_SWEEP_CHILD_PROCESS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// One thread at a time.
class ChildProcess {
 public:
  // Starts this program with `arguments`; what it prints is appended to `log`.
  // It is asked to stop (SIGTERM) when the parent dies.
  static Result<ChildProcess> Start(const std::vector<std::string>& arguments,
                                    const std::filesystem::path& log);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  // Waits for it, without a limit.
  ~ChildProcess();

  // How it ended: its exit code, or minus the signal. Empty while it runs.
  std::optional<int> Poll();

  // SIGTERM.
  void Stop();

 private:
  explicit ChildProcess(pid_t process) : process_(process) {}

  pid_t process_;  // -1 once it was waited for
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_CHILD_PROCESS_H_
