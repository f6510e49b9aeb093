#include "rankadaptor/llama/bit_width_evaluator.h"

#include <gmock/gmock.h>

#include "tests/support/random_model.h"
#include "tests/support/tiny_tokenizer.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TinyTokenizer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SearchTrial final : public TrialContext {
 public:
  int64_t trial_id() const override { return 0; }
  uint64_t seed() const override { return 0; }
  ItemSplit split() const override { return ItemSplit::kSearch; }
  bool cancelled() const override { return cancel; }
  void Report(double, double) override {}
  bool cancel = false;
};

HeldOutScorer MakeScorer() {
  const std::vector<HeldoutText> texts = {
      {"text", {{1, 5, 9, 2, 7}, {1, 3, 3, 8, 4}, {1, 6, 2, 5, 5}}}};
  return HeldOutScorer::Create({},
                               texts,
                               TinyTokenizer(),
                               {.objective = "text", .search_fraction = 1})
      .value();
}

std::unique_ptr<BitWidthEvaluator> MakeEvaluator() {
  Model model = RandomModel(SmallConfig(), 1);
  SearchSpace space = MakeBitWidthSpace(model.config(), {}).value();
  return BitWidthEvaluator::Create({.model = std::move(model),
                                    .space = std::move(space),
                                    .scorer = MakeScorer()},
                                   {})
      .value();
}

TEST(BitWidthEvaluator, MeasuresTheRoundedModel) {
  const auto evaluator = MakeEvaluator();
  const Model model = RandomModel(SmallConfig(), 1);
  const Model rounded = QuantiseLayers(model, {2, 8, 3}, {}).value();
  SearchTrial trial;
  const Configuration x{{0, 4, 1}};
  EXPECT_EQ(evaluator->Evaluate(x, trial).value(),
            MakeScorer()
                .Score(rounded, nullptr, ItemSplit::kSearch, nullptr)
                .value());
}

TEST(BitWidthEvaluator, FullPrecisionIsTheModelItself) {
  const Model model = RandomModel(SmallConfig(), 1);
  EXPECT_EQ(
      MakeEvaluator()->ScoreFullPrecision(ItemSplit::kSearch, nullptr).value(),
      MakeScorer().Score(model, nullptr, ItemSplit::kSearch, nullptr).value());
}

TEST(BitWidthEvaluator, GivesUpWhenCancelled) {
  SearchTrial trial;
  trial.cancel = true;
  const auto result = MakeEvaluator()->Evaluate({{0, 0, 0}}, trial);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST(BitWidthSpace, BudgetCountsBytes) {
  const LlamaConfig config = SmallConfig();
  BitWidthSpaceOptions options;
  options.max_bytes = 0;
  for (int i = 0; i < config.num_layers(); ++i) {
    *options.max_bytes += QuantisedLayerBytes(config, i, 4, {});
  }
  const SearchSpace space = MakeBitWidthSpace(config, options).value();
  const Configuration uniform = space.FromValues({4, 4, 4}).value();
  EXPECT_TRUE(space.KeepsConstraints(uniform));
  EXPECT_FALSE(space.KeepsConstraints(space.FromValues({4, 6, 4}).value()));
  EXPECT_THAT(BitWidthsOf(space, uniform), ElementsAre(4, 4, 4));
}

TEST(BitWidthSpace, RefusesWhatIsOutOfRange) {
  const auto message = [](BitWidthSpaceOptions options) {
    return MakeBitWidthSpace(SmallConfig(), options).error().message;
  };
  EXPECT_THAT(message({.candidates = {4, 4}}), HasSubstr("ascending"));
  EXPECT_THAT(message({.candidates = {4, 16}}), HasSubstr("from 1 to 8"));
  EXPECT_THAT(message({.candidates = {}}), HasSubstr("at least one"));
  EXPECT_THAT(message({.quantisation = {.group_size = 1}}),
              HasSubstr("group size 1"));
  EXPECT_THAT(message({.max_bytes = 1}), HasSubstr("budget"));
}

}  // namespace
}  // namespace rankadaptor::llama
