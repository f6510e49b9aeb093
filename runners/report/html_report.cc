#include "runners/report/html_report.h"

#include "rankadaptor/common/version.h"

#include "runners/report/chart_data.h"
#include "runners/report/html_assets.h"
#include "runners/report/html_sections.h"

namespace rankadaptor::runners {
namespace {

std::string Head(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
         "<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, "
         "initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         // What is inside is all there is.
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
         "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
         "img-src data:\">\n<title>" +
         EscapeHtml(title) + "</title>\n<style>\n" +
         std::string(ReportStyle()) + "</style>\n</head>\n";
}

std::string Scripts(const std::vector<StudyPage>& pages) {
  nlohmann::ordered_json data = nlohmann::ordered_json::array();
  for (const StudyPage& page : pages) {
    data.push_back(ChartData(page));
    data.back()["name"] = page.name;
  }
  return "<script type=\"application/json\" id=\"data\">" + ScriptJson(data) +
         "</script>\n<script>" + std::string(ChartLibrary()) +
         "</script>\n<script>\n" + std::string(ReportScript()) + "</script>\n";
}

std::string Contents(const std::vector<StudyPage>& pages) {
  if (pages.size() < 2) return "";
  std::string text = "<nav><ul>\n";
  for (size_t i = 0; i < pages.size(); ++i) {
    text += "<li><a href=\"#s" + std::to_string(i) + "\">" +
            EscapeHtml(pages[i].name) + "</a></li>\n";
  }
  return text + "</ul></nav>\n";
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string HtmlReport(const std::vector<StudyPage>& pages) {
  const std::string title = pages.size() == 1
                                ? pages[0].name
                                : std::to_string(pages.size()) + " studies";
  std::string html = Head(title) + "<body>\n<header><h1>" + EscapeHtml(title) +
                     "</h1></header>\n<main>\n" + Contents(pages);
  if (pages.size() > 1) html += ComparisonSection(pages);
  for (size_t i = 0; i < pages.size(); ++i) {
    html += StudySections(pages[i], i);
  }
  return html + "</main>\n<footer>RankAdaptor " + kVersion + "</footer>\n" +
         Scripts(pages) + "</body>\n</html>\n";
}

}  // namespace rankadaptor::runners
