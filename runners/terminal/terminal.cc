#include "runners/terminal/terminal.h"

#include <algorithm>
#include <unistd.h>

#include <sys/ioctl.h>

namespace rankadaptor::runners {
namespace {

constexpr int kUsualWidth = 80;

int WidthOf(std::FILE* stream) {
  struct winsize size {};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kUsualWidth;
  }
  return size.ws_col;
}

}  // namespace

Terminal::Terminal(std::FILE* stream)
    : Terminal(stream, ::isatty(::fileno(stream)) == 1, WidthOf(stream)) {}

Terminal::Terminal(std::FILE* stream, bool is_terminal, int width)
    : stream_(stream),
      is_terminal_(is_terminal),
      width_(static_cast<size_t>(std::max(width, 1))) {}

Terminal::~Terminal() { Transient(""); }

void Terminal::Line(std::string_view text) {
  std::lock_guard lock(mutex_);
  EraseTransient();
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fputc('\n', stream_);
  DrawTransient();
  std::fflush(stream_);
}

void Terminal::Transient(std::string_view text) {
  if (!is_terminal_) return;
  std::lock_guard lock(mutex_);
  EraseTransient();
  // The last column stays free: some terminals wrap when it is written.
  transient_ = text.substr(0, width_ - 1);
  DrawTransient();
  std::fflush(stream_);
}

void Terminal::EraseTransient() {
  if (!transient_.empty()) std::fputs("\r\x1b[K", stream_);
}

void Terminal::DrawTransient() {
  std::fwrite(transient_.data(), 1, transient_.size(), stream_);
}

}  // namespace rankadaptor::runners
