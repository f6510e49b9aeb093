// The files that the HTML report holds inside, compiled into the program
// (cmake/EmbedText.cmake).
#ifndef RANKADAPTOR_RUNNERS_REPORT_HTML_ASSETS_H_
#define RANKADAPTOR_RUNNERS_REPORT_HTML_ASSETS_H_

#include <string_view>

namespace rankadaptor::runners {

std::string_view ChartLibrary();  // Chart.js
std::string_view ReportScript();  // page/report.js
std::string_view ReportStyle();   // page/report.css

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_HTML_ASSETS_H_
