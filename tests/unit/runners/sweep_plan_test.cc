#include "runners/sweep/sweep_plan.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::EndsWith;

constexpr char kBase[] =
    "schema_revision: 1\n"
    "base:\n"
    "  evaluator:\n"
    "    synthetic: {num_layers: 8}\n";
constexpr char kFamilies[] =
    "  - {name: family, field: evaluator.synthetic.family, values: [add, "
    "nk]}\n";

class SweepPlanTest : public ::testing::Test {
 protected:
  Result<SweepPlan> Read(const std::string& rest) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "s.yaml", kBase + rest));
    return ReadSweepPlan(folder_ / "s.yaml");
  }

  std::vector<std::string> Names(const std::string& rest) {
    auto plan = Read(rest);
    EXPECT_TRUE(plan) << plan.error().message;
    std::vector<std::string> names;
    if (!plan) return names;
    for (const SweepStudy& study : plan->studies) names.push_back(study.name);
    return names;
  }

  v1::SearchConfig Config(const std::string& rest, int study) {
    auto plan = Read(rest);
    EXPECT_TRUE(plan) << plan.error().message;
    v1::SearchConfig config;
    auto source = ReadStudyConfig(*plan, plan->studies[study], &config);
    EXPECT_TRUE(source) << source.error().message;
    return config;
  }

  // Without the folder in front; "" if all is well.
  std::string Problem(const std::string& rest) {
    auto plan = Read(rest);
    std::string message = plan ? "" : plan.error().message;
    if (plan) {
      v1::SearchConfig config;
      auto source = ReadStudyConfig(*plan, plan->studies[0], &config);
      if (!source) message = source.error().message;
    }
    const std::string folder = folder_.path().string() + "/";
    if (message.starts_with(folder)) message = message.substr(folder.size());
    return message;
  }

  TemporaryFolder folder_;
};

TEST_F(SweepPlanTest, ExpandsToEveryCombinationTheLastAxisFastest) {
  EXPECT_THAT(Names(std::string("axes:\n") + kFamilies + "seeds: [3, 4]\n"),
              ElementsAre("family=add,seed=3",
                          "family=add,seed=4",
                          "family=nk,seed=3",
                          "family=nk,seed=4"));
}

TEST_F(SweepPlanTest, ExcludesWhereEveryConditionHolds) {
  EXPECT_THAT(Names(std::string("axes:\n") + kFamilies +
                    "seeds: [3, 4]\nexclude:\n"
                    "  - when: {family: add, seed: 4}\n"
                    "  - when: {family: nk, seed: 3}\n"),
              ElementsAre("family=add,seed=3", "family=nk,seed=4"));
}

TEST_F(SweepPlanTest, StudiesHaveTheValuesOfTheirChoicesAndOverrides) {
  const std::string sweep = std::string("axes:\n") + kFamilies +
                            "seeds: [3, 4]\noverrides:\n"
                            "  - when: {family: nk}\n"
                            "    set: {search.hidden_widths: [7, 9],"
                            " evaluator.synthetic.num_layers: 9}\n";
  const v1::SearchConfig first = Config(sweep, 0);
  EXPECT_EQ(first.seed(), 3);
  EXPECT_EQ(first.evaluator().synthetic().family(),
            v1::SyntheticEvaluator::FAMILY_ADD);
  EXPECT_EQ(first.evaluator().synthetic().num_layers(), 8);
  const v1::SearchConfig last = Config(sweep, 3);
  EXPECT_EQ(last.seed(), 4);
  EXPECT_EQ(last.evaluator().synthetic().num_layers(), 9);
  EXPECT_THAT(last.search().hidden_widths(), ElementsAre(7, 9));
}

TEST_F(SweepPlanTest, NamedChoicesMaySetSeveralFieldsOrNone) {
  const std::string sweep = std::string("axes:\n") + kFamilies +
                            "  - name: effort\n    choices:\n"
                            "      - name: usual\n"
                            "      - {name: more, set: {search.max_trials: 90,"
                            " confirmation.seeds: 9}}\n";
  EXPECT_FALSE(Config(sweep, 0).has_search());
  EXPECT_EQ(Config(sweep, 1).search().max_trials(), 90);
  EXPECT_EQ(Config(sweep, 1).confirmation().seeds(), 9);
}

TEST_F(SweepPlanTest, AxesHaveTheRoleOfTheirFields) {
  auto plan = Read(
      std::string("axes:\n") + kFamilies +
      "  - {name: steps, field: evaluator.llama.recovery.steps, values: [1]}\n"
      "  - name: tasks\n    field: evaluator.llama.scoring.tasks\n"
      "    values: [[boolq], [piqa, arc_easy]]\n"
      "seeds: [1]\n");
  ASSERT_TRUE(plan) << plan.error().message;
  std::vector<AxisRole> roles;
  for (const SweepAxis& axis : plan->axes) roles.push_back(axis.role);
  EXPECT_THAT(roles,
              ElementsAre(AxisRole::kSetting,
                          AxisRole::kMethod,
                          AxisRole::kTasks,
                          AxisRole::kSeed));
  EXPECT_EQ(plan->axes[2].choices[1].name, "[piqa, arc_easy]");
}

// One row of the table for each of them would mix two choices.
TEST_F(SweepPlanTest, TasksThatAreInTwoChoicesAreASetting) {
  auto plan = Read(
      "axes:\n  - name: tasks\n    field: evaluator.llama.scoring.tasks\n"
      "    values: [[boolq], [boolq, arc_easy]]\n");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->axes[0].role, AxisRole::kSetting);
}

TEST_F(SweepPlanTest, FilesAreNamedWithoutSlashes) {
  EXPECT_THAT(Names("axes:\n  - {name: model, field: evaluator.llama.model,"
                    " values: [models/a b, \"8\"]}\n"),
              ElementsAre("model=models-a-b", "model=8"));
}

struct BadSweep {
  const char* rest;
  const char* problem;
};

TEST_F(SweepPlanTest, ProblemsAreNamedByPlaceAndField) {
  const BadSweep kBad[] = {
      {"", "s.yaml:3:3: base is not varied: the config needs axes or seeds"},
      {"axes:\n  - {name: a, field: search.max_trial, values: [1]}\n",
       "s.yaml:6:49: search has no field max_trial; did you mean max_trials?"},
      {"axes:\n  - {name: a, field: serch, values: [1]}\n",
       "s.yaml:6:38: the config has no field serch; did you mean search?"},
      {"axes:\n  - {name: a, field: seed.b, values: [1]}\n",
       "s.yaml:6:39: seed has no fields; allowed: a whole number of at least "
       "0"},
      {"axes:\n  - {name: a, field: search.max_trials, values: [x]}\n",
       "s.yaml:6:50: search.max_trials = x; allowed: a whole number in [1, "
       "10000000]"},
      {"axes:\n  - {name: a, values: [1]}\n",
       "s.yaml:6:5: axes[0] needs field and values, or choices instead"},
      {"axes:\n  - {name: a, field: seed, values: [1, 1]}\n",
       "s.yaml:6:5: axes[0] has the choice 1 twice"},
      {"axes:\n  - {name: a, field: seed, values: [1]}\nseeds: [1]\n",
       "s.yaml:6:3: axes named a and seed both set seed; allowed: one of them"},
      {"axes:\n  - {name: seed, field: workers, values: [1]}\nseeds: [1]\n",
       "s.yaml:6:3: axes have the name seed twice"},
      {"seeds: [1, 2]\nexclude:\n  - when: {sead: 1}\n",
       "s.yaml:7:11: exclude[0].when names the axis sead, which is none; did "
       "you mean seed?"},
      {"seeds: [1, 2]\nexclude:\n  - when: {seed: 7}\n",
       "s.yaml:7:11: exclude[0].when names the seed 7, which is none; allowed: "
       "1, 2"},
      {"seeds: [1, 2]\nexclude:\n  - when: [seed]\n",
       "s.yaml:7:11: exclude[0].when is a list; allowed: a mapping of names to "
       "values"},
      {"seeds: [1]\nexclude:\n  - when: {seed: 1}\n",
       "s.yaml:7:3: exclude leaves no study"},
      {"seeds: [1]\noverrides:\n  - {when: {seed: 1}, set: {search.x: 1}}\n",
       "s.yaml:7:28: search has no field x; allowed: "},
      {"axes:\n  - {name: a, field: evaluator.llama.model, values: [b/c, "
       "b-c]}\n",
       "s.yaml:6:3: axes make two studies that are both called a=b-c; give "
       "choices with names that differ in letters and digits"},
      {"seeds: [1]\n",
       "s.yaml:4:16: evaluator.synthetic needs family: one of {add, pair, nk, "
       "nk1, xfer}"},
  };
  for (const BadSweep& bad : kBad) {
    EXPECT_THAT(Problem(bad.rest), ::testing::StartsWith(bad.problem))
        << bad.rest;
  }
}

}  // namespace
}  // namespace rankadaptor::runners
