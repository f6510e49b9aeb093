#include "rankadaptor/table/table_evaluator.h"

#include <cmath>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::table {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Two parameters of two and one choice, two seeds.
constexpr char kTable[] =
    "a,b,seed,split,loss,other\n"
    "2,8,1,search,-1,10\n"
    "2,8,1,confirm,-2,20\n"
    "4,8,1,search,-3,30\n"
    "4,8,1,confirm,-1.5,40\n"
    "4,8,7,search,-5,50\n"
    "4,8,7,confirm,-0.5,60\n"
    "2,8,7,search,-7,70\r\n"
    "2,8,7,confirm,-8,80\n";

class FixedContext final : public TrialContext {
 public:
  FixedContext(uint64_t seed, ItemSplit split) : seed_(seed), split_(split) {}
  int64_t trial_id() const override { return 0; }
  uint64_t seed() const override { return seed_; }
  ItemSplit split() const override { return split_; }
  bool cancelled() const override { return false; }
  void Report(double, double) override {}

 private:
  uint64_t seed_;
  ItemSplit split_;
};

TEST(MeasuredTable, SpansTheSpaceOfItsRows) {
  const MeasuredTable table = MeasuredTable::Parse(kTable, "t.csv").value();
  ASSERT_THAT(table.parameters(), SizeIs(2));
  EXPECT_EQ(table.parameters()[0].name, "a");
  EXPECT_THAT(table.parameters()[0].choices, ElementsAre(2, 4));
  EXPECT_THAT(table.parameters()[1].choices, ElementsAre(8));
  EXPECT_THAT(table.metrics(), ElementsAre("loss", "other"));
  EXPECT_THAT(table.seeds(), ElementsAre(1, 7));
  EXPECT_THAT(table.Values({1, 0}, 1, ItemSplit::kSearch), ElementsAre(-5, 50));
  EXPECT_THAT(table.Values({0, 0}, 0, ItemSplit::kConfirm),
              ElementsAre(-2, 20));
}

std::string ParseError(const std::string& csv) {
  auto table = MeasuredTable::Parse(csv, "t.csv");
  return table ? "" : table.error().message;
}

TEST(MeasuredTable, MalformedFilesAreRefused) {
  const std::string header = "a,seed,split,loss\n";
  EXPECT_THAT(ParseError(""), HasSubstr("t.csv: has no rows"));
  EXPECT_THAT(ParseError(header), HasSubstr("has no rows"));
  EXPECT_THAT(ParseError("a,b,loss\n"), HasSubstr("t.csv:1: the columns must"));
  EXPECT_THAT(ParseError("seed,split,loss\n"), HasSubstr("columns must"));
  EXPECT_THAT(ParseError("a,seed,split\n"), HasSubstr("columns must"));
  EXPECT_THAT(ParseError("a,a,seed,split,loss\n"), HasSubstr("twice"));
  EXPECT_THAT(ParseError(header + "1,1,search\n"), HasSubstr("t.csv:2: has 3"));
  for (const char* bad : {"x,1,search,1",
                          "1,-1,search,1",
                          "1,1.5,search,1",
                          "1,1,train,1",
                          "1,1,search,nan",
                          "1,1,search,"}) {
    EXPECT_THAT(ParseError(header + bad), HasSubstr("t.csv:2: ")) << bad;
  }
}

TEST(MeasuredTable, EveryCombinationMustStandThereOnce) {
  std::string csv = kTable;
  csv += "2,8,7,confirm,-8,80\n";
  EXPECT_THAT(ParseError(csv), HasSubstr("has 9 rows"));
  csv = kTable;
  csv.replace(csv.find("2,8,7,confirm"), 13, "2,8,7,search ");
  EXPECT_NE(ParseError(csv), "");
  csv = kTable;
  csv.replace(csv.find("2,8,1,confirm"), 13, "2,8,1,search");
  EXPECT_THAT(ParseError(csv), HasSubstr("t.csv:3: was measured"));
}

class TableEvaluatorTest : public ::testing::Test {
 protected:
  TableEvaluatorTest() {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "t.csv", kTable));
  }
  Result<std::unique_ptr<TableEvaluator>> Create(
      const std::string& objective,
      std::optional<double> max_sum = std::nullopt) {
    return TableEvaluator::Create({.file = folder_ / "t.csv",
                                   .objective = objective,
                                   .max_sum = max_sum});
  }
  const rankadaptor::testing::TemporaryFolder folder_;
};

TEST_F(TableEvaluatorTest, ReplaysTheRowOfTheSeed) {
  auto evaluator = Create("loss").value();
  FixedContext context(5, ItemSplit::kSearch);  // 5 % 2: the second seed
  const Measurement measurement =
      evaluator->Evaluate({{1, 0}}, context).value();
  EXPECT_EQ(measurement.objective, -5);
  EXPECT_THAT(measurement.metrics, ElementsAre(Metric{"other", 50}));
  FixedContext confirm(4, ItemSplit::kConfirm);
  EXPECT_EQ(evaluator->Evaluate({{1, 0}}, confirm)->objective, -1.5);
  EXPECT_FALSE(evaluator->Evaluate({{2, 0}}, confirm));
}

TEST_F(TableEvaluatorTest, BestIsByTheMeanOverSeeds) {
  auto evaluator = Create("loss").value();
  EXPECT_EQ(evaluator->Mean({{0, 0}}, ItemSplit::kSearch).objective, -4);
  EXPECT_EQ(evaluator->Mean({{1, 0}}, ItemSplit::kSearch).objective, -4);
  EXPECT_EQ(evaluator->Best(ItemSplit::kConfirm), (Configuration{{1, 0}}));
  auto limited = Create("loss", 11).value();
  EXPECT_EQ(limited->Best(ItemSplit::kConfirm), (Configuration{{0, 0}}));
  FixedContext context(0, ItemSplit::kSearch);
  EXPECT_FALSE(limited->Evaluate({{1, 0}}, context));
}

TEST_F(TableEvaluatorTest, BadOptionsAreNamed) {
  EXPECT_THAT(Create("speed").error().message,
              HasSubstr("has no metric speed; it has loss, other"));
  EXPECT_FALSE(Create("loss", 3));
  EXPECT_EQ(TableEvaluator::Create(
                {.file = folder_ / "none.csv", .objective = "loss"})
                .error()
                .code,
            ErrorCode::kNotFound);
}

// The table of this repository: 144 rank vectors, three seeds.
TEST(RankTable, IsWholeAndSeedsAgreeOnWhatIsGood) {
  auto evaluator =
      TableEvaluator::Create({.file = RANK_TABLE, .objective = "tinystories"})
          .value();
  EXPECT_THAT(evaluator->table().seeds(), SizeIs(3));
  EXPECT_EQ(evaluator->space().free_parameters().size(), 3U);
  EXPECT_NEAR(evaluator->space().Log10Size(), std::log10(216), 1e-9);
  // What the search items call best is good on the others as well: better than
  // the smallest ranks.
  const Configuration best = evaluator->Best(ItemSplit::kSearch);
  EXPECT_GT(evaluator->Mean(best, ItemSplit::kConfirm).objective,
            evaluator->Mean({{0, 0, 0}}, ItemSplit::kConfirm).objective);
}

}  // namespace
}  // namespace rankadaptor::table
