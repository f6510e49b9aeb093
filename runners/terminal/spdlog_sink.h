// The program's log: spdlog formats, a Terminal shows.
#ifndef RANKADAPTOR_RUNNERS_TERMINAL_SPDLOG_SINK_H_
#define RANKADAPTOR_RUNNERS_TERMINAL_SPDLOG_SINK_H_

#include <memory>

#include "rankadaptor/common/log.h"

#include "runners/terminal/terminal.h"

namespace spdlog {
class logger;
}

namespace rankadaptor::runners {

// Thread-safe.
class SpdlogSink final : public LogSink {
 public:
  // Messages below `least` are dropped. `terminal` is borrowed.
  SpdlogSink(Terminal& terminal, LogLevel least);
  ~SpdlogSink() override;

  void Write(LogLevel level, std::string_view message) override;

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_TERMINAL_SPDLOG_SINK_H_
