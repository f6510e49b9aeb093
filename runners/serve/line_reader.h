// Reads lines from a file descriptor, however long somebody makes them.
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_SERVE_LINE_READER_H_
#define RANKADAPTOR_RUNNERS_SERVE_LINE_READER_H_

#include <cstddef>
#include <optional>
#include <string>

namespace rankadaptor::runners {

class LineReader {
 public:
  struct Line {
    std::string text;       // without the newline
    bool too_long = false;  // the text was dropped
  };

  // `descriptor` is borrowed.
  LineReader(int descriptor, size_t max_bytes)
      : descriptor_(descriptor), max_bytes_(max_bytes) {}

  // The next line; the last one may lack its newline. Empty at the end of the
  // input, also if it cannot be read.
  std::optional<Line> Next();

 private:
  bool ReadMore();

  int descriptor_;
  size_t max_bytes_;
  std::string buffer_;
  size_t begin_ = 0;  // of what was not returned yet
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_LINE_READER_H_
