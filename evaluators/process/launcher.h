// Starts processes from a thread that lives as long as this object: the system
// kills a child when the thread that started it ends (child_process.h), and the
// engine's own threads come and go.
//
// Thread-safe.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_LAUNCHER_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_LAUNCHER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "rankadaptor/common/result.h"

#include "evaluators/process/child_process.h"

namespace rankadaptor::process::internal {

class Launcher {
 public:
  Launcher();
  // The children must be gone.
  ~Launcher();

  // ChildProcess::Start() in the thread.
  Result<ChildProcess> Start(const ChildOptions& options);

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;  // guarded by mutex_
  bool stopped_ = false;                     // guarded by mutex_
  std::thread thread_;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_LAUNCHER_H_
