#include "runners/sweep/result_table.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "runners/sweep/result_rows.h"
#include "runners/sweep/study_result.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::TemporaryFolder;
using Kind = ResultRow::Kind;

SweepAxis Axis(const char* name,
               AxisRole role,
               const std::vector<std::string>& choices) {
  SweepAxis axis{.name = name, .role = role};
  for (const std::string& choice : choices)
    axis.choices.push_back({choice, {}});
  return axis;
}

class ResultTableTest : public ::testing::Test {
 protected:
  void Add(std::vector<int> choices, std::vector<ResultRow> rows) {
    plan_.studies.push_back({"", std::move(choices), {}});
    StudyStanding standing{.state = StudyState::kDone};
    standing.result.rows = std::move(rows);
    standings_.push_back(std::move(standing));
  }

  std::string Markdown() {
    return TableAsMarkdown(MakeResultTable(plan_, standings_));
  }

  SweepPlan plan_;
  std::vector<StudyStanding> standings_;
};

TEST_F(ResultTableTest, MeanAndSpreadAreOverSeedsAndTheBestOfABlockIsBold) {
  plan_.axes = {Axis("ratio", AxisRole::kSetting, {"0.2", "0.5"}),
                Axis("strategy", AxisRole::kMethod, {"mlp", "random"}),
                Axis("seed", AxisRole::kSeed, {"1", "2"})};
  for (int strategy : {0, 1}) {
    for (int seed : {0, 1}) {
      const double found = 0.5 + 0.1 * strategy + 0.2 * seed;
      Add({0, strategy, seed},
          {{"pruned", Kind::kReference, {{"average", false, {0.9}}}},
           {"uniform 8", Kind::kBaseline, {{"average", false, {0.3, 0.5}}}},
           {"recommended 1",
            Kind::kFound,
            {{"average", false, {found - 0.1, found + 0.1}}}}});
    }
  }
  EXPECT_EQ(Markdown(),
            "| ratio |  | average | n |\n"
            "|---|---:|---:|---:|\n"
            "| 0.2 | pruned | 0.9000 \xC2\xB1 0.0000 | 2 |\n"
            "| 0.2 | uniform 8 | 0.4000 \xC2\xB1 0.0000 | 2 |\n"
            "| 0.2 | mlp | 0.6000 \xC2\xB1 0.1414 | 2 |\n"
            "| 0.2 | random | **0.7000** \xC2\xB1 0.1414 | 2 |\n");
}

TEST_F(ResultTableTest, WithoutSeedsTheSpreadIsThatOfConfirmationTrials) {
  plan_.axes = {Axis("strategy", AxisRole::kMethod, {"mlp"})};
  Add({0}, {{"best observed", Kind::kFound, {{"loss", true, {1, 2, 3}}}}});
  EXPECT_EQ(Markdown(),
            "|  | loss | n |\n"
            "|---|---:|---:|\n"
            "| mlp | **2.0000** \xC2\xB1 1.0000 | 3 |\n");
}

TEST_F(ResultTableTest, ALossIsBestWhereItIsLowest) {
  plan_.axes = {Axis("strategy", AxisRole::kMethod, {"a", "b"})};
  Add({0}, {{"x", Kind::kFound, {{"loss", true, {2}}}}});
  Add({1}, {{"x", Kind::kFound, {{"loss", true, {1}}}}});
  EXPECT_EQ(TableAsText(MakeResultTable(plan_, standings_)),
            "      loss  n\n"
            "a   2.0000  1\n"
            "b  *1.0000  1\n");
}

TEST_F(ResultTableTest, BaselinesThatDifferBetweenMethodsAreRowsOfTheirOwn) {
  plan_.axes = {Axis("steps", AxisRole::kMethod, {"10", "90"})};
  Add({0}, {{"uniform 8", Kind::kBaseline, {{"piqa", false, {0.4}}}}});
  Add({1}, {{"uniform 8", Kind::kBaseline, {{"piqa", false, {0.6}}}}});
  EXPECT_EQ(Markdown(),
            "|  | piqa | n |\n"
            "|---|---:|---:|\n"
            "| uniform 8 (10) | 0.4000 | 1 |\n"
            "| uniform 8 (90) | **0.6000** | 1 |\n");
}

TEST_F(ResultTableTest, TasksOfDifferentStudiesFillOneRowAndTheirAverage) {
  plan_.axes = {Axis("tasks", AxisRole::kTasks, {"[boolq]", "[piqa]"}),
                Axis("seed", AxisRole::kSeed, {"1", "2"})};
  for (int seed : {0, 1}) {
    const double more = 0.1 * seed;
    Add({0, seed},
        {{"x",
          Kind::kFound,
          {{"boolq", false, {0.2 + more}}, {"average", false, {0.2 + more}}}}});
    Add({1, seed},
        {{"x",
          Kind::kFound,
          {{"piqa", false, {0.4 + more}}, {"average", false, {0.4 + more}}}}});
  }
  const std::string spread = "** \xC2\xB1 0.0707 | ";
  EXPECT_EQ(Markdown(),
            "|  | boolq | piqa | average | n |\n"
            "|---|---:|---:|---:|---:|\n"
            "| searched | **0.2500" +
                spread + "**0.4500" + spread + "**0.3500" + spread + "2 |\n");
}

TEST_F(ResultTableTest, CsvKeepsEveryBitAndQuotesCommas) {
  plan_.axes = {Axis("tasks", AxisRole::kSetting, {"[a, b]"})};
  Add({0}, {{"x", Kind::kFound, {{"a", false, {0.1}}}}});
  Add({0}, {});
  EXPECT_EQ(TableAsCsv(MakeResultTable(plan_, standings_)),
            "tasks,method,a,a sd,a n\n"
            "\"[a, b]\",searched,0.1,,1\n");
}

TEST(StudyResult, ComesBackAsItWas) {
  TemporaryFolder folder;
  const StudyResult result{
      .done = true,
      .config = "00ff",
      .message = "\xC3\xA9 \"x\"",
      .wall_seconds = 0.1,
      .rows = {{"uniform 8", Kind::kBaseline, {{"piqa", true, {1.0 / 3}}}}}};
  ASSERT_TRUE(WriteStudyResult(folder / "r.json", result));
  EXPECT_EQ(ReadStudyResult(folder / "r.json").value(), result);
  EXPECT_FALSE(ReadStudyResult(folder / "none.json").value().has_value());
}

TEST(StudyResult, ADamagedFileIsNamed) {
  TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "r.json", "{\"state\": 1"));
  auto result = ReadStudyResult(folder / "r.json");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(result.error().message,
              ::testing::HasSubstr("r.json: is damaged"));
}

Trial Confirmation(int32_t choice, uint64_t seed, double loss) {
  Trial trial;
  trial.purpose = TrialPurpose::kFinalist;
  trial.configuration = {{choice}};
  trial.seed = seed;
  trial.state = TrialState::kComplete;
  trial.measurement = {-loss, {{"piqa", 0.5}, {"story", -loss}}};
  return trial;
}

TEST(ResultRows, HaveWhatEachConfirmationTrialMeasuredLossesAsShown) {
  v1::SearchConfig config;
  config.mutable_evaluator()
      ->mutable_llama()
      ->mutable_scoring()
      ->add_heldout_texts()
      ->set_name("story");
  StudyReport report;
  report.objective = {.name = "loss on story", .minimised = true};
  // What was trained is a baseline, with a sample per seed.
  report.references = {
      {.label = "dense",
       .measurements = {{-1.5, {{"piqa", 0.7}, {"story", -1.5}}}}},
      {.label = "AdaLoRA",
       .measurements = {{-3, {{"piqa", 0.6}, {"story", -3}}},
                        {-5, {{"piqa", 0.4}, {"story", -5}}}},
       .seeds = {1, 2}}};
  ConfirmedCandidate best;
  best.label = "recommended 1";
  best.configuration = {{3}};
  report.summary.candidates = {best};
  report.summary.best = 0;
  // A seed counts once: a study that went on has measured it twice.
  const std::vector<Trial> trials = {Confirmation(3, 1, 2),
                                     Confirmation(4, 1, 9),
                                     Confirmation(3, 2, 4),
                                     Confirmation(3, 2, 4)};
  const std::vector<ResultRow> expected = {
      {"dense",
       Kind::kReference,
       {{"piqa", false, {0.7}}, {"story", true, {1.5}}}},
      {"AdaLoRA",
       Kind::kBaseline,
       {{"piqa", false, {0.6, 0.4}}, {"story", true, {3, 5}}}},
      {"recommended 1",
       Kind::kFound,
       {{"piqa", false, {0.5, 0.5}}, {"story", true, {2, 4}}}}};
  EXPECT_EQ(MakeResultRows(report, trials, config).value(), expected);
}

TEST(ResultRows, AStudyWithoutAFinalistSaysWhy) {
  Trial failed;
  failed.id = 4;
  failed.reason = "out of memory";
  auto rows = MakeResultRows({}, {failed}, {});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().message,
            "no finalist could be measured; trial 4: out of memory");
}

}  // namespace
}  // namespace rankadaptor::runners
