#include "rankadaptor/search/strategy_factory.h"

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::MakeSpace;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(StrategyFactory, UnknownNamesAreRefusedWithTheKnownOnes) {
  auto strategy = MakeStrategy("genetic", MakeSpace(2, 2), {});
  ASSERT_FALSE(strategy);
  EXPECT_EQ(strategy.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(strategy.error().message,
              AllOf(HasSubstr("'genetic'"), HasSubstr("mlp, paper")));
}

TEST(StrategyFactory, PaperNeedsAPerformanceModel) {
  auto strategy = MakeStrategy("paper", MakeSpace(2, 2), {});
  ASSERT_FALSE(strategy);
  EXPECT_EQ(strategy.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(strategy.error().message, HasSubstr("performance model"));
}

TEST(StrategyFactory, CountsMustBePositive) {
  auto strategy =
      MakeStrategy("random", MakeSpace(2, 2), {.num_candidates = 0});
  ASSERT_FALSE(strategy);
  EXPECT_THAT(strategy.error().message, HasSubstr("num_candidates = 0"));
}

TEST(StrategyFactory, AModelThatCannotBeMadeIsReported) {
  StrategyOptions options;
  options.make_performance_model =
      [](int,
         uint64_t) -> Result<std::unique_ptr<surrogate::PerformanceModel>> {
    return Unavailable("no model today");
  };
  auto strategy = MakeStrategy("paper", MakeSpace(2, 2), options);
  ASSERT_FALSE(strategy);
  EXPECT_EQ(strategy.error().message, "no model today");
}

}  // namespace
}  // namespace rankadaptor
