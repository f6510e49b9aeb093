#include "runners/report/html_elements.h"

#include "runners/report/html_report.h"

namespace rankadaptor::runners {

std::string HtmlElement(const std::string& tag, const std::string& text) {
  return "<" + tag + ">" + EscapeHtml(text) + "</" + tag + ">";
}

std::string HtmlPanel(const std::string& id,
                      const std::string& title,
                      const std::string& body) {
  return "<section class=\"panel\" id=\"" + id + "\">\n<h3>" +
         EscapeHtml(title) + "</h3>\n" + body + "</section>\n";
}

std::string HtmlChart(size_t index,
                      const std::string& kind,
                      const std::string& description) {
  return "<div class=\"chart\"><canvas data-study=\"" + std::to_string(index) +
         "\" data-chart=\"" + kind + "\" role=\"img\" aria-label=\"" +
         EscapeHtml(description) + "\"></canvas></div>\n";
}

std::string HtmlTable(const std::vector<std::vector<std::string>>& rows,
                      std::optional<size_t> marked) {
  std::string text = "<div class=\"scroll\"><table>\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    text += marked == r ? "<tr class=\"best\">" : "<tr>";
    for (const std::string& cell : rows[r]) {
      text += HtmlElement(r == 0 ? "th" : "td", cell);
    }
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::string HtmlParagraph(const std::string& text) {
  return HtmlElement("p", text) + "\n";
}

}  // namespace rankadaptor::runners
