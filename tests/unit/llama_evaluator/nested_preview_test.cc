#include "rankadaptor/llama/nested_preview.h"

#include <set>

#include <gmock/gmock.h>

#include "tests/unit/llama_evaluator/evaluator_parts.h"

namespace rankadaptor::llama {
namespace {

using ::testing::SizeIs;

std::unique_ptr<LlamaEvaluator> MakeEvaluator() {
  LlamaEvaluatorOptions options = MakeEvaluatorOptions();
  options.objective = "text";
  return LlamaEvaluator::Create(MakeEvaluatorParts(), options).value();
}

TEST(NestedPreview, LooksAtDifferentConfigurationsOfTheSpace) {
  const auto evaluator = MakeEvaluator();
  const SourceStudy source =
      PreviewByNestedRanks(*evaluator, {.num_vectors = 12, .seed = 3}).value();
  EXPECT_THAT(source.values, SizeIs(12));
  EXPECT_THAT(std::set<Configuration>(source.configurations.begin(),
                                      source.configurations.end()),
              SizeIs(12));
  const SearchSpace unlimited =
      SearchSpace::Create(evaluator->space().parameters()).value();
  for (const Configuration& configuration : source.configurations) {
    EXPECT_TRUE(unlimited.Validate(configuration));
  }
}

// 6 x 1 x 6 configurations: a look at more ends with all of them.
TEST(NestedPreview, ASmallSpaceIsLookedAtWhole) {
  const auto evaluator = MakeEvaluator();
  EXPECT_THAT(PreviewByNestedRanks(*evaluator, {.steps = 1, .num_vectors = 100})
                  ->values,
              SizeIs(36));
}

TEST(NestedPreview, IsTheSameForTheSameSeed) {
  const auto evaluator = MakeEvaluator();
  auto values = [&](uint64_t seed) {
    return PreviewByNestedRanks(*evaluator, {.num_vectors = 6, .seed = seed})
        ->values;
  };
  EXPECT_EQ(values(3), values(3));
  EXPECT_NE(values(3), values(4));
}

// The objective of a vector is that of the truncated adapters.
TEST(NestedPreview, ScoresTruncations) {
  const auto evaluator = MakeEvaluator();
  const NestedPreviewOptions options{
      .num_vectors = 4, .item_share = 1, .seed = 3};
  const SourceStudy source = PreviewByNestedRanks(*evaluator, options).value();
  const RecoveryResult nested = RecoverForPreview(*evaluator, options).value();
  EXPECT_THAT(nested.log, SizeIs(16));  // four times the 4 updates of a trial
  const Measurement measured = ScoreTruncated(*evaluator,
                                              nested.adapter,
                                              source.configurations[2],
                                              options.item_share)
                                   .value();
  EXPECT_EQ(measured.objective, source.values[2]);
}

TEST(NestedPreview, StopsWhenItIsCancelled) {
  const auto evaluator = MakeEvaluator();
  CancellationFlag flag;
  flag.Cancel();
  auto source = PreviewByNestedRanks(*evaluator, {}, {.cancellation = &flag});
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace rankadaptor::llama
