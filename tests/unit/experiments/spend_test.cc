#include "experiments/fidelity/spend.h"

#include <gmock/gmock.h>

#include "rankadaptor/search/strategy_factory.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor::experiments {
namespace {

using ::rankadaptor::testing::MakeSpace;
using ::testing::AnyOf;
using ::testing::SizeIs;

Result<double> Sum(const Trial& trial) {
  double sum = 0;
  for (int32_t choice : trial.configuration.choices) sum += choice;
  return sum;
}

TEST(Spend, MeasuresUntilTheCostIsReached) {
  auto strategy =
      MakeStrategy(
          "structured", MakeSpace(4, 4), {.seed = 3, .fidelities = {0.25, 1}})
          .value();
  double spent = 0;
  int num_short = 0;
  int64_t next_id = 0;
  const auto measure = [&](const Trial& trial) {
    EXPECT_EQ(trial.id, next_id++);
    EXPECT_THAT(trial.fidelity, AnyOf(0.25, 1));
    if (trial.fidelity == 0.25) ++num_short;
    spent += trial.fidelity;
    return Sum(trial);
  };
  const auto recommended = Spend(*strategy, measure, 6, 3);
  ASSERT_TRUE(recommended) << recommended.error().message;
  EXPECT_THAT(*recommended, SizeIs(3));
  EXPECT_GE(spent, 6);
  EXPECT_LT(spent, 7);
  EXPECT_GT(num_short, 0);
}

TEST(Spend, StopsWhereAMeasurementFails) {
  auto strategy = MakeStrategy("random", MakeSpace(4, 4), {}).value();
  int count = 0;
  const auto measure = [&](const Trial& trial) -> Result<double> {
    if (++count == 3) return InvalidArgument("no disk");
    return Sum(trial);
  };
  const auto recommended = Spend(*strategy, measure, 6, 3);
  ASSERT_FALSE(recommended);
  EXPECT_EQ(recommended.error().message, "no disk");
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace rankadaptor::experiments
