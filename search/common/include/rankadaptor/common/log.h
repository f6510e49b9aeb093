// The library does not print. It logs to a LogSink that the program injects.
#ifndef RANKADAPTOR_COMMON_LOG_H_
#define RANKADAPTOR_COMMON_LOG_H_

#include <string_view>

namespace rankadaptor {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(LogLevel level, std::string_view message) = 0;
};

// Drops everything. The reference is valid for the process.
LogSink& NullLogSink();

}  // namespace rankadaptor

#endif  // RANKADAPTOR_COMMON_LOG_H_
