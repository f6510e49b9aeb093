// Where time comes from. The engine never reads the system's clock itself, so
// that tests decide what time it is.
#ifndef RANKADAPTOR_COMMON_CLOCK_H_
#define RANKADAPTOR_COMMON_CLOCK_H_

#include <cstdint>

namespace rankadaptor {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Seconds since an arbitrary point; never goes back.
  virtual double MonotonicSeconds() const = 0;
  // Microseconds since 1970-01-01 00:00 UTC.
  virtual int64_t UnixMicroseconds() const = 0;
};

// The machine's clock. The reference is valid for the process.
const Clock& SystemClock();

}  // namespace rankadaptor

#endif  // RANKADAPTOR_COMMON_CLOCK_H_
