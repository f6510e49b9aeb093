#include "rankadaptor/common/log.h"

namespace rankadaptor {
namespace {

class NullSink final : public LogSink {
 public:
  void Write(LogLevel, std::string_view) override {}
};

}  // namespace

LogSink& NullLogSink() {
  static NullSink sink;
  return sink;
}

}  // namespace rankadaptor
