#include "runners/sweep/sweep_report.h"

#include <algorithm>

#include "rankadaptor/common/file.h"

#include "runners/report/table.h"
#include "runners/store/sqlite_store.h"
#include "runners/sweep/result_table.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

std::string NumTrials(const std::filesystem::path& database) {
  auto store = SqliteStore::OpenToRead(database);
  if (!store) return "-";
  const auto order = (*store)->LoadAppendOrder();
  return order ? std::to_string(order->size()) : "-";
}

std::string NoteOn(const StudyStanding& standing, const std::string& note) {
  return standing.state == StudyState::kFailed ? standing.result.message : note;
}

bool HasSeeds(const SweepPlan& plan) {
  return std::ranges::any_of(plan.axes, [](const SweepAxis& axis) {
    return axis.role == AxisRole::kSeed && axis.choices.size() > 1;
  });
}

std::string Markdown(const SweepPlan& plan,
                     const std::vector<StudyStanding>& standings,
                     const ResultTable& table) {
  std::string text = "# Sweep " + plan.file.stem().string() + "\n\n" +
                     TableAsMarkdown(table) +
                     "\nMean "
                     "\xC2\xB1"
                     " standard deviation over ";
  text += HasSeeds(plan) ? "the seeds of the sweep"
                         : "the confirmation trials of a study";
  text +=
      "; n is their number. Bold: the best of its block (models that were "
      "not recovered do not compete).\n\n" +
      StandingsInShort(standings) + ".\n";
  for (size_t i = 0; i < standings.size(); ++i) {
    if (standings[i].state != StudyState::kFailed) continue;
    text += "- " + plan.studies[i].name +
            " failed: " + standings[i].result.message + "\n";
  }
  return text;
}

}  // namespace

std::string StandingsAsText(const SweepPlan& plan,
                            const SweepFiles& files,
                            const std::vector<StudyStanding>& standings,
                            const std::vector<std::string>& notes) {
  Table table({"study", "state", "trials", "time", ""});
  for (size_t i = 0; i < standings.size(); ++i) {
    const StudyStanding& standing = standings[i];
    const bool ended = standing.state != StudyState::kWaiting;
    table.AddRow({plan.studies[i].name,
                  StandingName(standing),
                  NumTrials(files.Study(plan.studies[i].name).database),
                  ended ? FormatDuration(standing.result.wall_seconds) : "-",
                  NoteOn(standing, notes.empty() ? std::string() : notes[i])});
  }
  return table.Text();
}

std::string StandingsInShort(const std::vector<StudyStanding>& standings) {
  auto count = [&](StudyState state) {
    return std::ranges::count(standings, state, &StudyStanding::state);
  };
  std::string text = std::to_string(count(StudyState::kDone)) + " of " +
                     std::to_string(standings.size()) + " studies are done";
  if (const auto failed = count(StudyState::kFailed)) {
    text += ", " + std::to_string(failed) + " failed";
  }
  return text;
}

Result<std::string> WriteResults(const SweepPlan& plan,
                                 const SweepFiles& files,
                                 const std::vector<StudyStanding>& standings) {
  const ResultTable table = MakeResultTable(plan, standings);
  if (table.rows.empty()) return std::string();
  RA_RETURN_IF_ERROR(
      WriteFileAtomically(files.markdown(), Markdown(plan, standings, table)));
  RA_RETURN_IF_ERROR(WriteFileAtomically(files.csv(), TableAsCsv(table)));
  return TableAsText(table);
}

}  // namespace rankadaptor::runners
