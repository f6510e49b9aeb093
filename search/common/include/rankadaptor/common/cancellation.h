// A flag that asks long work to stop. The asker calls Cancel(); the worker
// polls cancelled() between steps and returns ErrorCode::kCancelled.
#ifndef RANKADAPTOR_COMMON_CANCELLATION_H_
#define RANKADAPTOR_COMMON_CANCELLATION_H_

#include <atomic>

namespace rankadaptor {

// Thread-safe, and Cancel() may be called from a signal handler.
class CancellationFlag {
 public:
  void Cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept {
    return cancelled_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> cancelled_ = false;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_COMMON_CANCELLATION_H_
