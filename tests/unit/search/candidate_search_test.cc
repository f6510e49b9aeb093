#include "search/candidate_search.h"

#include <numeric>

#include <gmock/gmock.h>
#include <tbb/global_control.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeSpace;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Predicts a function of the features.
class FunctionModel final : public surrogate::PerformanceModel {
 public:
  using Function = std::function<double(std::span<const double>)>;

  FunctionModel(int num_features, Function function)
      : num_features_(num_features), function_(std::move(function)) {}
  int num_features() const override { return num_features_; }
  Status MetaLearn(std::span<const surrogate::Samples>) override { return {}; }
  Status Fit(const surrogate::Samples&) override { return {}; }
  Status Update(const surrogate::Samples&) override { return {}; }
  Status Predict(std::span<const double> features,
                 std::span<double> predictions) const override {
    for (size_t i = 0; i < predictions.size(); ++i) {
      predictions[i] =
          function_(features.subspan(i * num_features_, num_features_));
    }
    return {};
  }

 private:
  int num_features_;
  Function function_;
};

double Sum(std::span<const double> row) {
  return std::accumulate(row.begin(), row.end(), 0.0);
}

std::vector<Configuration> Configurations(
    const std::vector<ScoredConfiguration>& scored) {
  std::vector<Configuration> configurations;
  for (const auto& entry : scored) {
    configurations.push_back(entry.configuration);
  }
  return configurations;
}

TEST(CandidateSearch, EnumeratesSmallSpacesAndFindsTheBest) {
  CandidateSearch search(MakeSpace(3, 4));
  FunctionModel model(3, Sum);
  auto best = search.FindBest(model, 10, 2, {}, 1).value();
  EXPECT_THAT(Configurations(best),
              ::testing::ElementsAre(Configuration{{3, 3, 3}},
                                     Configuration{{2, 3, 3}}));
  EXPECT_DOUBLE_EQ(best[0].score, 3);
}

TEST(CandidateSearch, LeavesOutWhatIsExcludedUntilNothingIsLeft) {
  CandidateSearch search(MakeSpace(1, 3));
  FunctionModel model(1, Sum);
  ConfigurationSet excluded = {{{2}}};
  auto best = search.FindBest(model, 10, 5, excluded, 1).value();
  EXPECT_THAT(Configurations(best),
              ::testing::ElementsAre(Configuration{{1}}, Configuration{{0}}));
  excluded = {{{0}}, {{1}}, {{2}}};
  EXPECT_THAT(search.FindBest(model, 10, 5, excluded, 1).value(), IsEmpty());
}

TEST(CandidateSearch, ResultDoesNotDependOnTheNumberOfThreads) {
  CandidateSearch search(MakeSpace(26, 6));
  // Few different scores: ties have to be broken the same way.
  FunctionModel model(26, [](auto row) { return std::floor(Sum(row)); });
  std::vector<std::vector<Configuration>> results;
  for (size_t num_threads : {1, 2, 8}) {
    tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                num_threads);
    results.push_back(
        Configurations(search.FindBest(model, 5000, 20, {}, 7).value()));
  }
  EXPECT_THAT(results[0], SizeIs(20));
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(CandidateSearch, MoreCandidatesOfTheSameSeedAreNoWorse) {
  CandidateSearch search(MakeSpace(26, 6));
  FunctionModel model(26, Sum);
  auto few = search.FindBest(model, 512, 1, {}, 7).value();
  auto many = search.FindBest(model, 4096, 1, {}, 7).value();
  EXPECT_GT(many[0].score, few[0].score);
}

TEST(CandidateSearch, SmallerCountsGiveTheFirstOnes) {
  CandidateSearch search(MakeSpace(26, 6));
  FunctionModel model(26, Sum);
  // 20 of 10 candidates: half of them are filled up.
  auto many = Configurations(search.FindBest(model, 10, 20, {}, 7).value());
  ASSERT_THAT(many, SizeIs(20));
  EXPECT_EQ(ConfigurationSet(many.begin(), many.end()).size(), 20);
  for (int count : {1, 10, 13}) {
    auto few = Configurations(search.FindBest(model, 10, count, {}, 7).value());
    EXPECT_EQ(few, std::vector(many.begin(), many.begin() + count));
  }
}

TEST(CandidateSearch, ScoresThatAreNotFiniteNeverWin) {
  CandidateSearch search(MakeSpace(1, 3));
  FunctionModel model(1, [](auto row) { return row[0] / (row[0] < 1); });
  auto best = search.FindBest(model, 10, 5, {}, 1).value();
  EXPECT_THAT(best, SizeIs(2));
}

TEST(CandidateSearch, PassesOnTheModelsError) {
  CandidateSearch search(MakeSpace(26, 6));
  rankadaptor::testing::KernelModel unfitted(26);
  auto result = search.FindBest(unfitted, 1000, 1, {}, 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace rankadaptor::internal
