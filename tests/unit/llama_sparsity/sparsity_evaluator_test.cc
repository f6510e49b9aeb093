#include "rankadaptor/llama/sparsity_evaluator.h"

#include <gmock/gmock.h>

#include "rankadaptor/llama/rank_space.h"
#include "rankadaptor/llama/sparsity.h"

#include "tests/support/random_model.h"
#include "tests/support/tiny_tokenizer.h"
#include "tests/unit/llama_evaluator/evaluator_parts.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TinyTokenizer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

RecoveryOptions ShortRecovery() {
  RecoveryOptions options;
  options.batch_size = options.micro_batch_size = 4;
  options.steps = 4;
  options.warmup_steps = 1;
  options.learning_rate = 1e-2;
  return options;
}

SparsityEvaluatorOptions Options() {
  SparsityEvaluatorOptions options;
  options.space.pruning.attention_layers = {0, 3};
  options.space.pruning.mlp_layers = {0, 3};
  options.space.ratios = {0, 0.5, 0.75};
  options.space.ranks = {2, 4};
  options.recovery = ShortRecovery();
  return options;
}

std::vector<HeldoutText> Texts() { return {{"text", RandomWindows(6, 10)}}; }

SparsityEvaluatorParts Parts(const SparsityEvaluatorOptions& options) {
  Model model = RandomModel(SmallConfig(), 1);
  const TokenWindows windows = RandomWindows(2, 8);
  Importance importance =
      ComputeImportance(model, windows, options.space.pruning).value();
  SearchSpace space = MakeSparsitySpace(model.config(), options.space).value();
  HeldOutScorer scorer =
      HeldOutScorer::Create({}, Texts(), TinyTokenizer(), {.objective = "text"})
          .value();
  return {.model = std::move(model),
          .importance = std::move(importance),
          .space = std::move(space),
          .recovery_data = RandomRows(),
          .scorer = std::move(scorer)};
}

std::unique_ptr<SparsityEvaluator> MakeEvaluator(
    SparsityEvaluatorOptions options = Options()) {
  SparsityEvaluatorParts parts = Parts(options);
  return SparsityEvaluator::Create(std::move(parts), std::move(options))
      .value();
}

// Ratios .5, 0, .75 and ranks 2, 4, 4.
Configuration Mixed() { return {{1, 0, 2, 0, 1, 1}}; }

TEST(SparsityEvaluator, PrunesRecoversAndScores) {
  const auto evaluator = MakeEvaluator();
  FakeTrial trial(7);
  const Measurement measured = evaluator->Evaluate(Mixed(), trial).value();
  const Adapter adapter = evaluator->Recover(Mixed(), 7).value();
  EXPECT_THAT(adapter.ranks(), ElementsAre(2, 4, 4));
  const Model pruned =
      ApplyKept(evaluator->dense(), evaluator->Kept(Mixed()).value()).value();
  const auto scorer =
      HeldOutScorer::Create({}, Texts(), TinyTokenizer(), {.objective = "text"})
          .value();
  EXPECT_EQ(
      measured,
      scorer.Score(pruned, &adapter, ItemSplit::kSearch, nullptr).value());
  EXPECT_NE(measured,
            evaluator->Score(pruned, ItemSplit::kSearch, nullptr).value());
}

// With equal ratios and ranks a trial is that of a rank study on the uniformly
// pruned model, bit for bit.
TEST(SparsityEvaluator, EqualRatiosMeasureWhatARankStudyMeasures) {
  const SparsityEvaluatorOptions options = Options();
  const auto evaluator = MakeEvaluator();
  WidthPruneOptions uniform = options.space.pruning;
  uniform.ratio = 0.5;
  Model pruned =
      Prune(RandomModel(SmallConfig(), 1), RandomWindows(2, 8), uniform)->model;
  SearchSpace space =
      MakeRankSpace(pruned.config(), {.searched_layers = {0, 1, 2}}).value();
  const Configuration rank_4 = space.FromValues({4, 4, 4}).value();
  LlamaEvaluatorOptions of_ranks;
  of_ranks.objective = "text";
  of_ranks.recovery = ShortRecovery();
  auto rank_study = LlamaEvaluator::Create({.model = std::move(pruned),
                                            .tokenizer = TinyTokenizer(),
                                            .space = std::move(space),
                                            .recovery_data = RandomRows(),
                                            .tasks = {},
                                            .heldout_texts = Texts()},
                                           of_ranks)
                        .value();
  FakeTrial a(7), b(7);
  EXPECT_EQ(evaluator->Evaluate({{1, 1, 1, 1, 1, 1}}, a).value(),
            rank_study->Evaluate(rank_4, b).value());
}

TEST(SparsityEvaluator, SameSeedGivesTheSameMeasurement) {
  const auto evaluator = MakeEvaluator();
  FakeTrial a(7), b(7), c(8);
  const Measurement first = evaluator->Evaluate(Mixed(), a).value();
  EXPECT_EQ(first, evaluator->Evaluate(Mixed(), b).value());
  EXPECT_NE(first, evaluator->Evaluate(Mixed(), c).value());
  FakeTrial d(7);
  EXPECT_EQ(first, MakeEvaluator()->Evaluate(Mixed(), d).value());
}

TEST(SparsityEvaluator, AllLayersHaveTheRankThatIsNotSearched) {
  SparsityEvaluatorOptions options = Options();
  options.space.ranks = {4};
  const auto evaluator = MakeEvaluator(options);
  EXPECT_THAT(evaluator->Recover({{1, 0, 2}}, 7)->ranks(),
              ElementsAre(4, 4, 4));
}

TEST(SparsityEvaluator, TellsWhatWasKeptAndLearned) {
  SparsityEvaluatorOptions options = Options();
  KeptIndices kept;
  std::vector<int> ranks;
  options.on_recovered = [&](const Configuration& configuration,
                             const TrialContext&,
                             const KeptIndices& of_trial,
                             const Adapter& adapter) -> Status {
    EXPECT_EQ(configuration, Mixed());
    kept = of_trial;
    ranks = adapter.ranks();
    return {};
  };
  const auto evaluator = MakeEvaluator(options);
  FakeTrial trial(7);
  ASSERT_TRUE(evaluator->Evaluate(Mixed(), trial));
  EXPECT_EQ(kept, evaluator->Kept(Mixed()).value());
  EXPECT_THAT(ranks, ElementsAre(2, 4, 4));
}

TEST(SparsityEvaluator, AnErrorOfWhoKeepsAdaptersFailsTheTrial) {
  SparsityEvaluatorOptions options = Options();
  options.on_recovered = [](const Configuration&,
                            const TrialContext&,
                            const KeptIndices&,
                            const Adapter&) -> Status {
    return NotFound("no disk");
  };
  FakeTrial trial(7);
  const auto result = MakeEvaluator(options)->Evaluate(Mixed(), trial);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("no disk"));
}

TEST(SparsityEvaluator, GivesUpBeforeDuringAndAfterRecovery) {
  const auto evaluator = MakeEvaluator();
  for (int cancel_after : {0, 1, 3}) {
    FakeTrial trial(7);
    trial.cancel_after = cancel_after;
    const auto result = evaluator->Evaluate(Mixed(), trial);
    ASSERT_FALSE(result) << cancel_after;
    EXPECT_EQ(result.error().code, ErrorCode::kCancelled) << cancel_after;
  }
}

TEST(SparsityEvaluator, AShortTrialMakesFewerUpdates) {
  SparsityEvaluatorOptions options = Options();
  options.fidelities = {0.5, 1};
  const auto evaluator = MakeEvaluator(options);
  EXPECT_EQ(evaluator->capabilities().fidelities, options.fidelities);
  options.recovery.steps = 2;
  options.recovery.warmup_steps = 1;
  const Adapter shorter = evaluator->Recover(Mixed(), 7, {}, 0.5).value();
  const Adapter same = MakeEvaluator(options)->Recover(Mixed(), 7).value();
  const Model pruned =
      ApplyKept(evaluator->dense(), evaluator->Kept(Mixed()).value()).value();
  const std::vector<int32_t> ids = {1, 5, 9, 2, 7};
  EXPECT_EQ(Merge(pruned, shorter)->Logits(ids).value(),
            Merge(pruned, same)->Logits(ids).value());
}

TEST(SparsityEvaluator, RefusesPartsThatDoNotFit) {
  const auto message = [](auto change) {
    SparsityEvaluatorOptions options = Options();
    SparsityEvaluatorParts parts = Parts(options);
    change(parts, options);
    return SparsityEvaluator::Create(std::move(parts), std::move(options))
        .error()
        .message;
  };
  using P = SparsityEvaluatorParts;
  using O = SparsityEvaluatorOptions;
  EXPECT_THAT(message([](P&, O& o) { o.space.ranks = {8}; }),
              HasSubstr("a space of 6 parameters"));
  EXPECT_THAT(message([](P& p, O&) { p.importance.layers.pop_back(); }),
              HasSubstr("scores of 2 layers"));
  EXPECT_THAT(message([](P& p, O&) { p.recovery_data.rows.clear(); }),
              HasSubstr("no rows"));
  EXPECT_THAT(message([](P&, O& o) { o.fidelities = {0.5}; }),
              HasSubstr("fidelit"));
}

}  // namespace
}  // namespace rankadaptor::llama
