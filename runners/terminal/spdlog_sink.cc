#include "runners/terminal/spdlog_sink.h"

#include <string_view>

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

namespace rankadaptor::runners {
namespace {

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// The Terminal has the mutex.
class TerminalSink final
    : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit TerminalSink(Terminal& terminal) : terminal_(terminal) {
    set_pattern_("%H:%M:%S %l: %v");
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string_view text(line.data(), line.size());
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    terminal_.Line(text);
  }
  void flush_() override {}

  Terminal& terminal_;
};

}  // namespace

SpdlogSink::SpdlogSink(Terminal& terminal, LogLevel least)
    : logger_(std::make_unique<spdlog::logger>(
          "rankadaptor", std::make_shared<TerminalSink>(terminal))) {
  logger_->set_level(LevelOf(least));
}

SpdlogSink::~SpdlogSink() = default;

void SpdlogSink::Write(LogLevel level, std::string_view message) {
  logger_->log(LevelOf(level), message);
}

}  // namespace rankadaptor::runners
