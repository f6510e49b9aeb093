#include "runners/terminal/terminal.h"

#include <gmock/gmock.h>

#include "runners/terminal/exit_code.h"
#include "runners/terminal/number_format.h"
#include "runners/terminal/spdlog_sink.h"

namespace rankadaptor::runners {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;

// A stream whose contents can be looked at.
class Stream {
 public:
  ~Stream() { std::fclose(file_); }
  std::FILE* file() { return file_; }
  std::string contents() {
    std::string text(static_cast<size_t>(std::ftell(file_)), '\0');
    std::rewind(file_);
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }

 private:
  std::FILE* file_ = std::tmpfile();
};

TEST(Terminal, FilesGetWholeLinesOnly) {
  Stream stream;
  {
    Terminal terminal(stream.file());
    EXPECT_FALSE(terminal.is_terminal());
    terminal.Transient("working");
    terminal.Line("one");
    terminal.Line("two");
  }
  EXPECT_EQ(stream.contents(), "one\ntwo\n");
}

TEST(Terminal, LinesStandAboveTheTransientOne) {
  Stream stream;
  {
    Terminal terminal(stream.file(), true, 80);
    terminal.Transient("50%");
    terminal.Line("one");
  }
  EXPECT_EQ(stream.contents(), "50%\r\x1b[Kone\n50%\r\x1b[K");
}

TEST(Terminal, TransientLinesFitTheWidth) {
  Stream stream;
  {
    Terminal terminal(stream.file(), true, 5);
    terminal.Transient("123456789");
  }
  EXPECT_EQ(stream.contents(), "1234\r\x1b[K");
}

TEST(SpdlogSink, WritesLevelAndMessageAndDropsTheLesser) {
  Stream stream;
  Terminal terminal(stream.file());
  SpdlogSink log(terminal, LogLevel::kWarning);
  log.Write(LogLevel::kInfo, "nothing {}");
  EXPECT_THAT(stream.contents(), IsEmpty());
  log.Write(LogLevel::kWarning, "100% {} of it");
  EXPECT_THAT(stream.contents(), EndsWith(" warning: 100% {} of it\n"));
}

TEST(ExitCode, BadInputIsTwoInterruptionIs130) {
  EXPECT_EQ(ExitCodeOf(ErrorCode::kInvalidArgument), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kDataLoss), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kUnavailable), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kCancelled), 130);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kInternal), 1);
}

TEST(NumberFormat, ReadsAsPeopleExpect) {
  EXPECT_EQ(FormatDuration(0.04), "0.0s");
  EXPECT_EQ(FormatDuration(9.96), "10s");
  EXPECT_EQ(FormatDuration(59.6), "1m00s");
  EXPECT_EQ(FormatDuration(192), "3m12s");
  EXPECT_EQ(FormatDuration(7500), "2h05m");
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(-1234), "-1,234");
  EXPECT_EQ(FormatCount(123456), "123,456");
  EXPECT_EQ(FormatCount(1268064), "1,268,064");
  EXPECT_EQ(FormatScore(0.49831), "0.4983");
  EXPECT_EQ(FormatScore({}), "-");
  EXPECT_EQ(FormatDifference(0.0121), "+0.0121");
  EXPECT_EQ(FormatPercent(0.25), "25 %");
  EXPECT_EQ(FormatPercent(0.12345), "12.3 %");
}

}  // namespace
}  // namespace rankadaptor::runners
