// A clock that jumps ahead, for the thread that waits, when the child that it
// waits for says that it will never answer: timeouts without waiting, whatever
// the load of the machine.
#ifndef RANKADAPTOR_TESTS_UNIT_PROCESS_FAULT_CLOCK_H_
#define RANKADAPTOR_TESTS_UNIT_PROCESS_FAULT_CLOCK_H_

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/log.h"

#include "tests/unit/process/faults.h"

namespace rankadaptor::testing {

class FaultClock final : public Clock, public LogSink {
 public:
  double MonotonicSeconds() const override {
    return SystemClock().MonotonicSeconds() + ahead_;
  }
  int64_t UnixMicroseconds() const override {
    return SystemClock().UnixMicroseconds();
  }

  void Write(LogLevel level, std::string_view message) override {
    if (message.ends_with(kLooping)) {
      ahead_ += 1e10;
    } else if (message.ends_with(kSilent)) {
      ahead_ += 100;
    } else if (level == LogLevel::kWarning) {
      std::lock_guard lock(mutex_);
      warnings_.emplace_back(message);
    }
  }

  std::vector<std::string> warnings() const {
    std::lock_guard lock(mutex_);
    return warnings_;
  }

 private:
  static inline thread_local double ahead_ = 0;  // seconds
  mutable std::mutex mutex_;
  std::vector<std::string> warnings_;
};

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_UNIT_PROCESS_FAULT_CLOCK_H_
