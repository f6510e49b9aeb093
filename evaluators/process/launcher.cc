#include "evaluators/process/launcher.h"

#include <future>
#include <memory>
#include <utility>

namespace rankadaptor::process::internal {

Launcher::Launcher() : thread_([this] { Work(); }) {}

Launcher::~Launcher() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<ChildProcess> Launcher::Start(const ChildOptions& options) {
  // Shared with the task because std::function copies.
  using Task = std::packaged_task<Result<ChildProcess>()>;
  auto task = std::make_shared<Task>(
      [&options] { return ChildProcess::Start(options); });
  std::future<Result<ChildProcess>> child = task->get_future();
  {
    std::lock_guard lock(mutex_);
    tasks_.emplace_back([task] { (*task)(); });
  }
  changed_.notify_all();
  return child.get();
}

void Launcher::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace rankadaptor::process::internal
