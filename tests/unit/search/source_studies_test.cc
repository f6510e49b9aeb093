#include "search/source_studies.h"

#include <limits>

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeTrial;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Trial WithMetrics(int32_t choice,
                  double objective,
                  std::vector<Metric> metrics) {
  Trial trial = MakeTrial(choice, {choice}, objective);
  trial.measurement.metrics = std::move(metrics);
  return trial;
}

TEST(SourceStudies, EveryMetricButTheObjectivesOwnIsASource) {
  std::vector<Trial> trials = {
      WithMetrics(0, 1, {{"a", 5}, {"target", 1}, {"b", 7}}),
      WithMetrics(1, 2, {{"a", 6}, {"target", 2}, {"b", 2}})};
  auto sources = MakeSourceStudies(trials);
  ASSERT_THAT(sources, SizeIs(2));
  EXPECT_EQ(sources[0].name, "a");
  EXPECT_THAT(sources[0].values, ElementsAre(5, 6));
  EXPECT_THAT(sources[0].configurations,
              ElementsAre(Configuration{{0}}, Configuration{{1}}));
  EXPECT_EQ(sources[1].name, "b");
}

TEST(SourceStudies, FailedTrialsAndValuesThatAreNoNumbersAreLeftOut) {
  Trial failed = WithMetrics(0, 1, {{"a", 1}});
  failed.state = TrialState::kFailed;
  std::vector<Trial> trials = {
      failed,
      WithMetrics(1, 2, {{"a", std::numeric_limits<double>::quiet_NaN()}}),
      WithMetrics(2, 2, {{"a", 6}})};
  auto sources = MakeSourceStudies(trials);
  ASSERT_THAT(sources, SizeIs(1));
  EXPECT_THAT(sources[0].values, ElementsAre(6));
}

TEST(SourceStudies, NothingCompletedMeansNoSources) {
  EXPECT_THAT(MakeSourceStudies({}), IsEmpty());
}

}  // namespace
}  // namespace rankadaptor::internal
