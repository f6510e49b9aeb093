// A table of short texts: aligned for a terminal, or as Markdown.
//
// Thread-safety: a value.
#ifndef RANKADAPTOR_RUNNERS_REPORT_TABLE_H_
#define RANKADAPTOR_RUNNERS_REPORT_TABLE_H_

#include <string>
#include <vector>

namespace rankadaptor::runners {

class Table {
 public:
  // The first column is aligned left, the others right.
  explicit Table(std::vector<std::string> header);

  // Requires as many cells as the header has.
  void AddRow(std::vector<std::string> cells);

  // Lines of equal column width, two spaces between columns.
  std::string Text() const;
  std::string Markdown() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the header first
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_TABLE_H_
