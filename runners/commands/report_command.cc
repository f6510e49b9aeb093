#include "runners/commands/report_command.h"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"

#include "runners/report/chart_data.h"
#include "runners/report/html_report.h"
#include "runners/study/stored_study.h"
#include "runners/study/study_files.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

// The curves of trials, where any are stored.
Status WriteCourses(const std::filesystem::path& report,
                    const std::vector<StudyPage>& pages) {
  const bool any = std::ranges::any_of(
      pages, [](const StudyPage& page) { return !ShownCourses(page).empty(); });
  if (!any) return {};
  std::filesystem::path csv = report;
  csv.replace_extension(".curves.csv");
  RA_RETURN_IF_ERROR(WriteFileAtomically(csv, CoursesCsv(pages)));
  PrintLine("curves: " + csv.string());
  return {};
}

}  // namespace

ReportCommand::ReportCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "report", "Write studies as one HTML file with charts, and as CSV")) {
  app()
      .add_option("study", studies_, "Study files, or URLs of a database")
      ->required();
  app()
      .add_option("--out",
                  out_,
                  "HTML file to write; the trials go to a file of the same "
                  "name that ends in .csv")
      ->required();
}

Status ReportCommand::Run(CommandContext& /*context*/) {
  RA_RETURN_IF_ERROR(CheckFolderOf(out_));
  std::filesystem::path csv = out_;
  csv.replace_extension(".csv");
  if (csv == out_) {
    return InvalidArgument("--out " + out_.string() +
                           ": the report is HTML; name a file that does not "
                           "end in .csv");
  }
  std::vector<StudyPage> pages;
  for (const std::string& study : studies_) {
    RA_ASSIGN_OR_RETURN(StudyPage page, ReadStudyPage(study));
    pages.push_back(std::move(page));
  }
  RA_RETURN_IF_ERROR(WriteFileAtomically(csv, TrialsCsv(pages)));
  RA_RETURN_IF_ERROR(WriteFileAtomically(out_, HtmlReport(pages)));
  PrintLine("report: " + out_.string());
  PrintLine("trials: " + csv.string());
  return WriteCourses(out_, pages);
}

}  // namespace rankadaptor::runners
