#include "runners/report/html_report.h"

#include <gmock/gmock.h>

#include "runners/report/chart_data.h"
#include "runners/report/html_assets.h"
#include "runners/report/html_sections.h"

namespace rankadaptor::runners {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

PageTrial Searched(int64_t id,
                   std::vector<double> values,
                   double objective,
                   std::optional<double> predicted = std::nullopt) {
  PageTrial trial;
  trial.trial.id = id;
  trial.trial.purpose =
      predicted ? TrialPurpose::kSearch : TrialPurpose::kInitial;
  trial.trial.state = TrialState::kComplete;
  trial.trial.measurement = {objective, {{"piqa", objective / 2}}};
  trial.trial.predicted = predicted;
  trial.trial.duration_seconds = 3;
  trial.values = std::move(values);
  trial.cost = static_cast<int64_t>(1000 * trial.values[0]);
  return trial;
}

StudyPage Page() {
  StudyPage page;
  page.name = "a.study.db";
  page.evaluator = "llama 0.1.0";
  page.seed = 5;
  page.config = "{\"seed\": 5}";
  page.objective = {.name = "average", .minimised = false};
  page.cost_unit = "trainable parameters";
  page.parameters = {"layer 4", "layer 5"};
  page.trials = {Searched(0, {2, 8}, 0.5),
                 Searched(1, {4, 2}, 0.6),
                 Searched(2, {8, 4}, 0.55, 0.65),
                 Searched(3, {6, 6}, 0.7, 0.6)};
  PageTrial failed;
  failed.trial.id = 4;
  failed.trial.state = TrialState::kFailed;
  failed.trial.reason = "out of memory";
  failed.values = {12, 12};
  page.trials.push_back(failed);
  return page;
}

ReportRow Row(const char* label, double mean, bool is_best) {
  ReportRow row;
  row.label = label;
  row.objective = {.num_samples = 3, .mean = mean, .standard_error = 0.01};
  row.metrics = {{"piqa", mean}};
  row.configuration = Configuration{};
  row.is_best = is_best;
  return row;
}

StudyPage ConfirmedPage() {
  StudyPage page = Page();
  page.rows = {Row("uniform 8", 0.58, false), Row("recommended 1", 0.61, true)};
  page.rows[1].difference =
      SampleStatistics{.num_samples = 3, .mean = 0.03, .standard_error = 0.01};
  return page;
}

TEST(HtmlReport, IsOneFileThatAsksForNothing) {
  const std::string html = HtmlReport({ConfirmedPage()});
  EXPECT_THAT(html, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(html, HasSubstr("Chart.js v3"));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
  EXPECT_THAT(html, Not(HasSubstr(" src=")));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("width=device-width"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
}

TEST(HtmlReport, HasAPanelForEverythingThatTheStudyKnows) {
  const std::string html = HtmlReport({ConfirmedPage()});
  for (const char* panel : {"searched",
                            "result",
                            "best",
                            "predicted",
                            "values",
                            "influence",
                            "pareto",
                            "tasks",
                            "time",
                            "failures",
                            "again"}) {
    EXPECT_THAT(html, HasSubstr(std::string("id=\"s0-") + panel + "\""));
  }
  EXPECT_THAT(html, Not(HasSubstr("id=\"comparison\"")));
}

TEST(HtmlReport, LeavesOutWhatIsNotThere) {
  StudyPage page = Page();
  page.trials.erase(page.trials.begin() + 2, page.trials.begin() + 4);
  for (PageTrial& trial : page.trials) trial.cost.reset();
  const std::string html = HtmlReport({page});
  for (const char* panel : {"predicted", "pareto", "tasks"}) {
    EXPECT_THAT(html, Not(HasSubstr(std::string("id=\"s0-") + panel + "\"")));
  }
  page.trials.clear();
  EXPECT_THAT(HtmlReport({page}), HasSubstr("No trial has completed."));
}

TEST(HtmlReport, SaysInOneSentenceHowSureTheResultIs) {
  EXPECT_THAT(HtmlReport({ConfirmedPage()}),
              HasSubstr("recommended 1: average 0.6100 \xc2\xb1 0.0100 over 3 "
                        "seeds, +0.0300 \xc2\xb1 0.0100 against uniform 8 with "
                        "the same seeds (3.0 standard errors)."));
  EXPECT_THAT(
      HtmlReport({Page()}),
      HasSubstr("Nothing is confirmed yet. The best single measurement, "
                "which is optimistic because it was chosen among many, "
                "is 0.7000 of trial 3."));
}

TEST(HtmlReport, NamesFailuresWithTheirReasons) {
  EXPECT_THAT(HtmlReport({Page()}),
              HasSubstr("<td>4</td><td>failed</td><td>out of memory</td>"));
}

TEST(HtmlReport, EscapesTextFromOutside) {
  const std::string attack = "</script><script>alert('1')</script>&\"";
  StudyPage page = ConfirmedPage();
  page.name = page.evaluator = page.config = page.cost_unit = attack;
  page.objective.name = attack;
  page.parameters[0] = attack;
  page.notes = {attack};
  page.trials.back().trial.reason = attack;
  page.rows[0].label = attack;
  page.rows[0].metrics[0].name = page.rows[1].metrics[0].name = attack;
  for (const std::string& html :
       {HtmlReport({page}), HtmlReport({page, page})}) {
    EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;1&#39;)"));
    EXPECT_THAT(html, HasSubstr("\\u003c/script>\\u003cscript>alert"));
  }
}

TEST(HtmlReport, ComparesSeveralStudies) {
  StudyPage other = Page();
  other.name = "b.study.db";
  const std::string html = HtmlReport({ConfirmedPage(), other});
  EXPECT_THAT(html, HasSubstr("id=\"comparison\""));
  EXPECT_THAT(html, HasSubstr("href=\"#s1\""));
  EXPECT_THAT(html, HasSubstr("id=\"s1-result\""));
}

TEST(HeatMap, ShowsEveryValueAndMarksTheBest) {
  const std::string text = HeatMap(Page());
  EXPECT_THAT(text, HasSubstr("<th>3*</th>"));
  EXPECT_THAT(text, HasSubstr("<td style=\"--share:1.00\">8</td>"));
  EXPECT_THAT(text, HasSubstr("<td style=\"--share:0.00\">2</td>"));
  EXPECT_THAT(text, HasSubstr("<td>0.7000</td>"));
}

TEST(HeatMap, SpreadsItsColumnsOverLongStudiesAndKeepsTheBest) {
  StudyPage page = Page();
  page.trials.clear();
  for (int i = 0; i < 1000; ++i) {
    page.trials.push_back(Searched(i, {2, 4}, i == 777 ? 1 : 0.1));
  }
  const std::string text = HeatMap(page);
  EXPECT_THAT(text, HasSubstr("(81 of 1000, evenly spread)"));
  EXPECT_THAT(text, HasSubstr("<th>777*</th>"));
}

TEST(ChartData, FollowsTheBestSoFar) {
  const auto data = ChartData(Page());
  EXPECT_EQ(data["best"].dump(),
            "[{\"x\":0.0,\"y\":0.5},{\"x\":1.0,\"y\":0.6},"
            "{\"x\":2.0,\"y\":0.6},{\"x\":3.0,\"y\":0.7}]");
  EXPECT_EQ(data["observed"]["initial"].size(), 2u);
  EXPECT_EQ(data["observed"]["search"].size(), 2u);
  EXPECT_EQ(data["predicted"].size(), 2u);
}

TEST(ChartData, TurnsLossesRound) {
  StudyPage page = Page();
  page.objective = {.name = "loss", .minimised = true};
  const auto data = ChartData(page);
  // Stored negated: 0.7 is a loss of -0.7, the lowest.
  EXPECT_EQ(data["best"].back()["y"], -0.7);
  EXPECT_EQ(data["predicted"][0]["x"], -0.65);
}

TEST(ParetoFront, HasWhatNothingCheaperBeats) {
  const StudyPage page = Page();
  std::vector<int64_t> ids;
  for (const PageTrial* trial : ParetoFront(page)) {
    ids.push_back(trial->trial.id);
  }
  EXPECT_THAT(ids, ElementsAre(0, 1, 3));
}

TEST(Influence, IsTheRankCorrelationWithTheScore) {
  // Scores rank 0, 2, 1, 3; layer 4 ranks 0, 1, 3, 2.
  EXPECT_THAT(Influence(Page())[0], DoubleNear(0.4, 1e-12));
}

TEST(RankCorrelation, SharesTheRanksOfTies) {
  EXPECT_DOUBLE_EQ(*RankCorrelation({1, 2, 3}, {10, 20, 30}), 1);
  EXPECT_DOUBLE_EQ(*RankCorrelation({1, 2, 3}, {3, 2, 1}), -1);
  EXPECT_NEAR(*RankCorrelation({1, 1, 2}, {1, 2, 3}), 0.8660254, 1e-6);
  EXPECT_FALSE(RankCorrelation({1, 1, 1}, {1, 2, 3}));
  EXPECT_FALSE(RankCorrelation({1, 2}, {1, 2}));
}

TEST(TrialsCsv, HasALinePerTrialThatSpreadsheetsRead) {
  StudyPage page = Page();
  page.parameters[0] = "layer, 4";
  page.trials.back().trial.reason = "=1+1 \"x\"";
  const std::string csv = TrialsCsv({page});
  EXPECT_THAT(csv,
              StartsWith("study,trial,purpose,label,state,reason,seed,"
                         "objective,best_so_far,predicted,cost,seconds,"
                         "piqa,\"layer, 4\",layer 5\r\n"));
  EXPECT_THAT(csv,
              HasSubstr("a.study.db,2,search,,complete,,0,0.55,0.6,0.65,8000,"
                        "3.0,0.275,8.0,4.0\r\n"));
  EXPECT_THAT(csv,
              HasSubstr(",failed,\"'=1+1 \"\"x\"\"\",0,,0.7,,,0.0,,12.0,12.0"));
}

StudyPage PageWithCourses() {
  StudyPage page = Page();
  page.course_name = "training loss";
  page.memory = {{kSetupPhase, 900'000'000}, {"search", 1'200'000'000}};
  for (PageTrial& trial : page.trials) {
    trial.course = {{0.1, 3}, {0.5, 2.0 - trial.trial.id}};
  }
  return page;
}

TEST(HtmlReport, DrawsTheCourseOfTheBestTheMiddleAndTheWorstTrial) {
  const StudyPage page = PageWithCourses();
  const auto data = ChartData(page);
  EXPECT_EQ(data["course_name"], "training loss");
  ASSERT_EQ(data["courses"].size(), 3);
  EXPECT_EQ(data["courses"][0]["label"], "best of the search (trial 3)");
  EXPECT_EQ(data["courses"][0]["points"][1]["y"], -1);
  EXPECT_EQ(data["courses"][2]["label"], "worst (trial 0)");
  EXPECT_THAT(HtmlReport({page}), HasSubstr("data-chart=\"courses\""));
  EXPECT_THAT(HtmlReport({Page()}), Not(HasSubstr("data-chart=\"courses\"")));
}

TEST(HtmlReport, SaysHowMuchMemoryEachPhaseTook) {
  const std::string html = HtmlReport({PageWithCourses()});
  EXPECT_THAT(html, HasSubstr("<td>before the first</td>"));
  EXPECT_THAT(html, HasSubstr("<td>900 MB</td>"));
  EXPECT_THAT(html, HasSubstr("<td>1,200 MB</td>"));
}

TEST(CoursesCsv, HasALineForEachPoint) {
  StudyPage page = PageWithCourses();
  page.trials.resize(1);
  EXPECT_EQ(CoursesCsv({page}),
            "study,trial,fraction_done,value,name\r\n"
            "a.study.db,0,0.1,3.0,training loss\r\n"
            "a.study.db,0,0.5,2.0,training loss\r\n");
}

}  // namespace
}  // namespace rankadaptor::runners
