#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "runners/report/bar_chart.h"
#include "runners/report/progress_display.h"
#include "runners/report/study_report.h"
#include "runners/report/table.h"

namespace rankadaptor::runners {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SearchSpace Ranks() {
  return SearchSpace::Create(
             {{"layer 0", {8}}, {"layer 1", {2, 4, 8}}, {"layer 2", {2, 4, 8}}})
      .value();
}

TEST(Table, AlignsColumns) {
  Table table({"", "score"});
  table.AddRow({"dense", "1.5"});
  table.AddRow({"a|b", "12.25"});
  EXPECT_EQ(table.Text(), "       score\ndense    1.5\na|b    12.25\n");
  EXPECT_EQ(table.Markdown(),
            "|  | score |\n|---|---:|\n| dense | 1.5 |\n| a\\|b | 12.25 |\n");
}

TEST(BarChart, ShowsValuesAndFrozenParameters) {
  EXPECT_EQ(BarChart(Ranks(), {{0, 1, 2}}),
            "       8 | = #\n"
            "       4 | =##\n"
            "       2 | =##\n"
            "         +----\n"
            "           0\n");
}

TEST(BarChart, CutsWideSpacesIntoBlocksAndManyLevelsIntoTwelve) {
  std::vector<Parameter> parameters(100);
  Configuration last;
  for (size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].name = std::to_string(i);
    for (int k = 0; k < 40; ++k) parameters[i].choices.push_back(k);
    last.choices.push_back(39);
  }
  const std::string chart =
      BarChart(SearchSpace::Create(parameters).value(), last);
  EXPECT_EQ(std::count(chart.begin(), chart.end(), '\n'), 2 * (12 + 2));
  EXPECT_EQ(std::count(chart.begin(), chart.end(), '#'), 12 * 100);
}

ConfirmedCandidate Candidate(const char* label,
                             TrialPurpose purpose,
                             double mean) {
  ConfirmedCandidate candidate;
  candidate.label = label;
  candidate.purpose = purpose;
  candidate.configuration = {{0, 1, 2}};
  candidate.objective = {.num_samples = 3,
                         .mean = mean,
                         .standard_deviation = 0.01,
                         .standard_error = 0.005};
  candidate.metrics = {{"arc_easy", 0.25}};
  return candidate;
}

// A loss, so that the signs of the engine and of the report differ.
StudyReport Report() {
  StudyReport report;
  report.title = "Study a";
  report.evaluator = "llama 1";
  report.objective = {"loss", true};
  report.cost_unit = "parameters";
  report.summary.candidates = {
      Candidate("recommended 1", TrialPurpose::kFinalist, -1.50),
      Candidate("uniform 8", TrialPurpose::kBaseline, -1.52)};
  report.summary.candidates[0].difference =
      SampleStatistics{.num_samples = 3,
                       .mean = 0.02,
                       .standard_error = 0.008,
                       .margin = 0.0344};
  report.summary.best = 0;
  report.summary.stop_sentence = "The search stopped because of a test.";
  Trial best;
  best.id = 7;
  best.configuration = {{0, 2, 2}};
  best.measurement.objective = -1.4;
  report.summary.best_observed = best;
  report.summary.recommended = {.configuration = {{0, 1, 2}},
                                .trial_id = 5,
                                .predicted = -1.45,
                                .observed = {.num_samples = 1, .mean = -1.46}};
  report.summary.importance = {{1, 0.1, 0.125}, {2, 0.75, 0.875}};
  report.summary.surrogate = {.num_predictions = 8,
                              .root_mean_square_error = 0.125,
                              .rank_correlation = 0.5,
                              .share_within_deviation = 0.75,
                              .num_with_deviation = 4};
  Trial trial;
  trial.purpose = TrialPurpose::kFinalist;
  trial.configuration = {{0, 1, 2}};
  trial.state = TrialState::kComplete;
  trial.duration_seconds = 3;
  report.rows = MakeReportRows({{"dense", {{-1.25, {{"arc_easy", 0.75}}}}}},
                               report.summary,
                               {trial},
                               {1234, 5678},
                               report.objective);
  report.places = {{"study", "a.study.db"}};
  return report;
}

TEST(StudyReport, RowsGoFromTheKnownToTheNew) {
  std::vector<std::string> labels;
  for (const ReportRow& row : Report().rows) labels.push_back(row.label);
  EXPECT_THAT(labels, ElementsAre("dense", "uniform 8", "recommended 1"));
}

// What was trained outside the space is compared seed by seed.
TEST(StudyReport, ReferencesWithSeedsArePairedWithTheBaseline) {
  StudySummary summary;
  summary.candidates = {Candidate("uniform 8", TrialPurpose::kBaseline, -1.5)};
  std::vector<Trial> trials;
  for (uint64_t seed : {5, 6}) {
    Trial trial;
    trial.purpose = TrialPurpose::kBaseline;
    trial.configuration = {{0, 1, 2}};
    trial.state = TrialState::kComplete;
    trial.seed = seed;
    trial.split = ItemSplit::kConfirm;
    trial.measurement.objective = -1.0 * static_cast<double>(seed);
    trials.push_back(trial);
  }
  const Reference adalora{
      .label = "AdaLoRA",
      .measurements = {{-6.5, {{"text", -6.5}}}, {-5.75, {{"text", -5.75}}}},
      .seeds = {6, 5},
      .num_parameters = 77};
  const ReportRow row =
      MakeReportRows({adalora}, summary, trials, {}, {"loss", true})[0];
  EXPECT_EQ(row.objective.num_samples, 2);
  EXPECT_DOUBLE_EQ(*row.objective.mean, 6.125);
  EXPECT_DOUBLE_EQ(*row.difference->mean, 0.625);
  EXPECT_EQ(row.difference->num_samples, 2);
  EXPECT_DOUBLE_EQ(row.metrics[0].value, -6.125);
  EXPECT_EQ(row.num_parameters, 77);
}

TEST(StudyReport, SaysWhatThePreviewCost) {
  StudyReport report = Report();
  report.num_previewed = 200;
  report.preview_seconds = 61;
  EXPECT_THAT(ReportAsText(report, Ranks()),
              HasSubstr("(0 failed), before them a cheap look at 200 "
                        "configurations in 1m01s. The search"));
  const auto json = nlohmann::json::parse(ReportAsJson(report, Ranks()));
  EXPECT_EQ(json["preview"]["num_configurations"], 200);
  EXPECT_EQ(json["preview"]["seconds"], 61);
}

TEST(StudyReport, TextShowsALossAsALoss) {
  const std::string text = ReportAsText(Report(), Ranks());
  EXPECT_THAT(
      text,
      HasSubstr("                   loss      sd  seeds  vs uniform 8      se  "
                "parameters  time/trial\n"
                "dense            1.2500       -      1             -       -  "
                "         -           -\n"
                "uniform 8        1.5200  0.0100      3             -       -  "
                "     5,678           -\n"
                "recommended 1 *  1.5000  0.0100      3       -0.0200  0.0080  "
                "     1,234        3.0s\n"));
  EXPECT_THAT(text,
              HasSubstr("* recommended 1: -0.0200 against uniform 8, paired "
                        "over 3 seeds (95 % confidence: -0.0544 to +0.0144)."));
  EXPECT_THAT(text, HasSubstr("       8 | = #\n"));
  EXPECT_THAT(text, HasSubstr("values: 8 4 8\n"));
  EXPECT_THAT(text,
              HasSubstr("(0 failed). The search stopped because of a test. "
                        "Objective: loss, lower is better.\n"));
  EXPECT_THAT(text,
              HasSubstr("Predictions of 8 search trials before they were "
                        "measured: root mean square error 0.1250, rank "
                        "correlation 0.5000, 0.7500 of 4 within one predicted "
                        "deviation.\n"));
  EXPECT_THAT(text,
              HasSubstr("Best of the search by one measurement: trial 7, "
                        "1.4000; by all of them: trial 5, of which 1.4500 is "
                        "expected.\n"));
  EXPECT_THAT(text, HasSubstr("included: layer 2 88 %, layer 1 12 %.\n"));
  EXPECT_THAT(text, HasSubstr("study: a.study.db\n"));
}

TEST(StudyReport, MarkdownHasMetrics) {
  const std::string text = ReportAsMarkdown(Report(), Ranks());
  EXPECT_THAT(text, HasSubstr("|  | arc_easy |"));
  EXPECT_THAT(text, HasSubstr("| dense | 0.7500 |"));
  EXPECT_THAT(text, HasSubstr("| layer 2 | 75 % | 88 % |"));
}

TEST(StudyReport, JsonHasValuesAndExactNumbers) {
  auto json = nlohmann::json::parse(ReportAsJson(Report(), Ranks()));
  EXPECT_EQ(json["rows"][2]["values"], (std::vector<double>{8, 4, 8}));
  EXPECT_EQ(json["rows"][2]["is_best"], true);
  EXPECT_EQ(json["rows"][2]["difference"]["mean"], -0.02);
  EXPECT_EQ(json["rows"][0]["objective"]["standard_deviation"], nullptr);
  EXPECT_NEAR(
      json["rows"][2]["difference"]["confidence_interval"][1], 0.0144, 1e-12);
  EXPECT_EQ(json["summary"]["best_observed"]["objective"], 1.4);
  EXPECT_EQ(json["summary"]["best_observed"]["values"],
            (std::vector<double>{8, 8, 8}));
  EXPECT_EQ(json["summary"]["recommended"]["trial"], 5);
  EXPECT_EQ(json["summary"]["recommended"]["predicted"], 1.45);
  EXPECT_EQ(json["summary"]["importance"][1]["parameter"], "layer 2");
  EXPECT_EQ(json["summary"]["importance"][1]["total"], 0.875);
  EXPECT_EQ(json["summary"]["surrogate"]["rank_correlation"], 0.5);
  EXPECT_EQ(json["summary"]["stop_sentence"],
            "The search stopped because of a test.");
  EXPECT_EQ(json["files"]["study"], "a.study.db");
}

TEST(StudyReport, SaysWhenNothingCouldBeMeasured) {
  StudyReport report;
  EXPECT_THAT(ReportAsText(report, Ranks()),
              HasSubstr("No finalist could be measured."));
}

std::string DisplayedLines(const std::vector<Trial>& trials) {
  std::FILE* file = std::tmpfile();
  {
    Terminal terminal(file);
    ProgressDisplay display(terminal, {"loss", true});
    StudyProgress progress{.phase = StudyPhase::kIterate,
                           .num_trials_planned = 9,
                           .seconds_left = 75};
    for (const Trial& trial : trials) {
      display.OnTrialStarted(trial, progress);
      display.OnTrialReport(trial, 0.5, 0);
      ++progress.num_trials_done;
      display.OnTrialFinished(trial, progress);
    }
  }
  std::string text(static_cast<size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

TEST(ProgressDisplay, WritesALinePerTrialWhereThereIsNoTerminal) {
  Trial complete;
  complete.state = TrialState::kComplete;
  complete.measurement.objective = -1.5;
  complete.predicted = -1.25;
  Trial failed;
  failed.state = TrialState::kFailed;
  EXPECT_EQ(DisplayedLines({complete, failed}),
            "iterate 1/9: predicted 1.2500, observed 1.5000, best 1.5000, "
            "1m15s left\n"
            "iterate 2/9: failed, best 1.5000, 1m15s left\n");
}

TEST(ProgressDisplay, ConfirmationIsNoSearchResult) {
  Trial trial;
  trial.state = TrialState::kComplete;
  trial.purpose = TrialPurpose::kFinalist;
  EXPECT_THAT(DisplayedLines({trial}), Not(HasSubstr("best")));
}

}  // namespace
}  // namespace rankadaptor::runners
