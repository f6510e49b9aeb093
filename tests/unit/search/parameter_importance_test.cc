#include "rankadaptor/search/parameter_importance.h"

#include <functional>

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::MakeSpace;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A strategy of nothing but a model.
class FunctionModel final : public Strategy {
 public:
  using Function = std::function<double(const std::vector<int32_t>&)>;

  explicit FunctionModel(Function function) : function_(std::move(function)) {}
  Status MetaLearn(std::span<const SourceStudy>) override { return {}; }
  Status Observe(std::span<const Trial>) override { return {}; }
  Result<std::vector<Suggestion>> Suggest(int) override {
    return std::vector<Suggestion>();
  }
  void MarkPending(std::span<const Suggestion>) override {}
  Result<std::vector<Suggestion>> Recommend(int) override {
    return std::vector<Suggestion>();
  }
  Result<std::vector<double>> PredictMeans(
      std::span<const Configuration> configurations) override {
    std::vector<double> means;
    if (!function_) return means;
    for (const Configuration& c : configurations) {
      means.push_back(function_(c.choices));
    }
    return means;
  }

 private:
  Function function_;
};

std::vector<ParameterImportance> Importance(const SearchSpace& space,
                                            FunctionModel::Function function) {
  FunctionModel model(std::move(function));
  return MeasureImportance(space, model).value();
}

// Choices 0 to 3 have variance 5/4: shares are 1, 4 and 9 of 14. Exact but for
// the variance of the whole, from 4096 samples: 2.2 % (kurtosis below 3).
TEST(ParameterImportance, IsExactForSumsOfSingleEffects) {
  const auto importance = Importance(MakeSpace(4, 4), [](const auto& x) {
    return 10.0 + x[0] + 2 * x[1] - 3 * x[2];
  });
  ASSERT_THAT(importance, SizeIs(4));
  const double expected[] = {1 / 14.0, 4 / 14.0, 9 / 14.0, 0};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(importance[i].parameter, i);
    EXPECT_NEAR(importance[i].total, expected[i], 0.07 * expected[i] + 1e-9);
    EXPECT_NEAR(importance[i].main, importance[i].total, 1e-9);
  }
}

// A product of centred levels has no main effects at all. The mean of (level -
// 1)^2 over 128 bases is known to 6 %.
TEST(ParameterImportance, InteractionsAreInTheTotalOnly) {
  const auto importance = Importance(MakeSpace(3, 3), [](const auto& x) {
    return static_cast<double>((x[0] - 1) * (x[1] - 1));
  });
  EXPECT_NEAR(importance[0].total, 1, 0.24);
  EXPECT_NEAR(importance[1].total, 1, 0.24);
  EXPECT_LT(importance[0].main, 0.05);
  EXPECT_EQ(importance[2].total, 0);
}

TEST(ParameterImportance, AnySizeOfScoresIsTheSame) {
  for (double size : {1e-300, 1.0, 1e300}) {
    const auto importance = Importance(
        MakeSpace(2, 4), [&](const auto& x) { return size * (x[0] + x[1]); });
    EXPECT_NEAR(importance[0].main, 0.5, 0.04);
    EXPECT_NEAR(importance[1].main, 0.5, 0.04);
  }
}

TEST(ParameterImportance, ConstantPredictionsMakeNothingImportant) {
  const auto importance =
      Importance(MakeSpace(2, 4), [](const auto&) { return 3.0; });
  ASSERT_THAT(importance, SizeIs(2));
  EXPECT_EQ(importance[0], (ParameterImportance{.parameter = 0}));
}

TEST(ParameterImportance, FrozenParametersAndMissingModelsHaveNone) {
  auto space = SearchSpace::Create({{"a", {8}}, {"b", {2, 4}}}).value();
  const auto importance = Importance(
      space, [](const auto& x) { return static_cast<double>(x[1]); });
  ASSERT_THAT(importance, SizeIs(1));
  EXPECT_EQ(importance[0].parameter, 1);
  EXPECT_THAT(Importance(space, nullptr), IsEmpty());
}

}  // namespace
}  // namespace rankadaptor
