// Pieces of the HTML report. Text is escaped, a `body` is HTML.
#ifndef RANKADAPTOR_RUNNERS_REPORT_HTML_ELEMENTS_H_
#define RANKADAPTOR_RUNNERS_REPORT_HTML_ELEMENTS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace rankadaptor::runners {

std::string HtmlElement(const std::string& tag, const std::string& text);
std::string HtmlParagraph(const std::string& text);

std::string HtmlPanel(const std::string& id,
                      const std::string& title,
                      const std::string& body);

// `kind` is a function of report.js; `description` is what a person who does
// not see it is told.
std::string HtmlChart(size_t index,
                      const std::string& kind,
                      const std::string& description);

// The first row is the header.
std::string HtmlTable(const std::vector<std::vector<std::string>>& rows,
                      std::optional<size_t> marked = std::nullopt);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_HTML_ELEMENTS_H_
