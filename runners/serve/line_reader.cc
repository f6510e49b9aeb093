#include "runners/serve/line_reader.h"

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace rankadaptor::runners {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 16;

}  // namespace

std::optional<LineReader::Line> LineReader::Next() {
  Line line;
  bool any = false;
  while (true) {
    const size_t newline = buffer_.find('\n', begin_);
    const size_t end = newline == std::string::npos ? buffer_.size() : newline;
    any |= end > begin_;
    if (!line.too_long) line.text.append(buffer_, begin_, end - begin_);
    if (line.text.size() > max_bytes_) {
      line.too_long = true;
      line.text = std::string();
    }
    begin_ = end;
    if (newline != std::string::npos) {
      ++begin_;
      return line;
    }
    if (!ReadMore()) return any ? std::optional(std::move(line)) : std::nullopt;
  }
}

// Replaces the buffer, all of which was taken.
bool LineReader::ReadMore() {
  buffer_.resize(kChunkBytes);
  begin_ = 0;
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, buffer_.data(), buffer_.size());
  } while (count < 0 && errno == EINTR);
  buffer_.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return count > 0;
}

}  // namespace rankadaptor::runners
