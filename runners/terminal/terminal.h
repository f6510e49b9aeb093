// A stream to a person: whole lines, and on a terminal one transient line at
// the bottom that is replaced again and again (progress). Where the stream is a
// file or a pipe there are whole lines only.
//
// Thread-safe.
#ifndef RANKADAPTOR_RUNNERS_TERMINAL_TERMINAL_H_
#define RANKADAPTOR_RUNNERS_TERMINAL_TERMINAL_H_

#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

namespace rankadaptor::runners {

class Terminal {
 public:
  // `stream` is borrowed. Asks the system whether it is a terminal.
  explicit Terminal(std::FILE* stream);
  // For tests: as if it were a terminal (or not) of `width` columns.
  Terminal(std::FILE* stream, bool is_terminal, int width);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  // Removes the transient line.
  ~Terminal();

  bool is_terminal() const { return is_terminal_; }

  // Writes `text` and a newline, above the transient line.
  void Line(std::string_view text);

  // Replaces the transient line, cut to the width; does nothing where there is
  // no terminal. "" removes it.
  void Transient(std::string_view text);

 private:
  void EraseTransient();
  void DrawTransient();

  std::mutex mutex_;
  std::FILE* stream_;
  const bool is_terminal_;
  const size_t width_;
  std::string transient_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_TERMINAL_TERMINAL_H_
