#include "rankadaptor/graph/group_ranking.h"

#include <limits>

#include <gmock/gmock.h>

namespace rankadaptor::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two KV heads of two rows, each serving two query heads.
CoupledGroups GroupedQuery() { return {2, {{"k", 0, 4, 2}, {"q", 0, 8, 4}}}; }
const std::vector<std::vector<double>> kScores = {
    {1, 2, 3, 4}, {10, 20, 30, 40, 50, 60, 70, 80}};

TEST(RootScores, ConsecutiveFoldKeepsQueryHeadsWithTheirKvHead) {
  auto scores = RootScores(GroupedQuery(), kScores, Fold::kConsecutive);
  // q heads 0 and 1 (10 20 | 30 40) on KV head 0, 2 and 3 on KV head 1.
  EXPECT_THAT(scores.value(), ElementsAre(41, 62, 123, 144));
  EXPECT_THAT(GroupScores(GroupedQuery(), *scores), ElementsAre(103, 267));
}

TEST(RootScores, TiledFoldMixesQueryHeads) {
  auto scores = RootScores(GroupedQuery(), kScores, Fold::kTiled);
  // Index i of q on index i % 4 of k.
  EXPECT_THAT(scores.value(), ElementsAre(61, 82, 103, 124));
  EXPECT_THAT(GroupScores(GroupedQuery(), *scores), ElementsAre(143, 227));
}

TEST(RootScores, ConsecutiveGroupScoreIsTheSumOfWhatTheGroupOwns) {
  CoupledGroups groups = GroupedQuery();
  auto scores = RootScores(groups, kScores, Fold::kConsecutive);
  std::vector<double> by_group = GroupScores(groups, scores.value());
  for (int64_t g = 0; g < groups.num_groups; ++g) {
    double expected = 0;
    for (size_t m = 0; m < kScores.size(); ++m) {
      for (int64_t i : MemberIndices(groups.members[m], {&g, 1})) {
        expected += kScores[m][i];
      }
    }
    EXPECT_EQ(by_group[g], expected);
  }
}

TEST(RootScores, ReductionsAreOverFoldedMembers) {
  auto reduced = [](Reduction reduction) {
    return RootScores(GroupedQuery(), kScores, Fold::kConsecutive, reduction)
        .value();
  };
  // Folded, q is 40 60 120 140 beside k's 1 2 3 4.
  EXPECT_THAT(reduced(Reduction::kSum), ElementsAre(41, 62, 123, 144));
  EXPECT_THAT(reduced(Reduction::kMean), ElementsAre(20.5, 31, 61.5, 72));
  EXPECT_THAT(reduced(Reduction::kMax), ElementsAre(40, 60, 120, 140));
  EXPECT_THAT(reduced(Reduction::kProduct), ElementsAre(40, 120, 360, 560));
  EXPECT_THAT(reduced(Reduction::kFirst), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(reduced(Reduction::kSecond), ElementsAre(40, 60, 120, 140));
}

TEST(RootScores, SecondNeedsASecondMember) {
  CoupledGroups alone = {2, {{"k", 0, 2, 1}}};
  const std::vector<std::vector<double>> scores = {{1, 2}};
  auto result =
      RootScores(alone, scores, Fold::kConsecutive, Reduction::kSecond);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("k: there is no second"));
}

std::string RootScoresError(const CoupledGroups& groups,
                            const std::vector<std::vector<double>>& scores) {
  auto result = RootScores(groups, scores, Fold::kConsecutive);
  return result.has_value() ? "" : result.error().message;
}

TEST(RootScores, RefusesScoresThatDoNotFit) {
  auto scores = kScores;
  scores[1].pop_back();
  EXPECT_THAT(RootScoresError(GroupedQuery(), scores),
              HasSubstr("q: has 7 scores for 8 indices"));
  scores.pop_back();
  EXPECT_THAT(RootScoresError(GroupedQuery(), scores), HasSubstr("2 members"));
  scores = kScores;
  scores[0][2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(RootScoresError(GroupedQuery(), scores),
              HasSubstr("k: score 2 is not finite"));
  CoupledGroups odd = {2, {{"k", 0, 4, 2}, {"q", 0, 6, 3}}};
  EXPECT_THAT(RootScoresError(odd, {{1, 2, 3, 4}, {1, 2, 3, 4, 5, 6}}),
              HasSubstr("cannot be folded"));
}

TEST(LowestScored, ReturnsPositionsInAscendingOrder) {
  const double scores[] = {5, 1, 4, 2, 3};
  EXPECT_THAT(LowestScored(scores, 3).value(), ElementsAre(1, 3, 4));
  EXPECT_THAT(LowestScored(scores, 0).value(), IsEmpty());
  EXPECT_THAT(LowestScored(scores, 5).value(), ElementsAre(0, 1, 2, 3, 4));
}

TEST(LowestScored, TakesTheFirstOfEqualScores) {
  const double scores[] = {2, 1, 1, 1};
  EXPECT_THAT(LowestScored(scores, 2).value(), ElementsAre(1, 2));
}

TEST(LowestScored, RefusesNanAndTooMany) {
  const double nan[] = {1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(LowestScored(nan, 1).error().code, ErrorCode::kInvalidArgument);
  const double one[] = {1};
  EXPECT_EQ(LowestScored(one, 2).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(LowestScored(one, -1).error().code, ErrorCode::kInvalidArgument);
}

TEST(NumLowestOfAll, CountsAcrossFamilies) {
  const std::vector<std::vector<double>> families = {
      {5, 1, 4}, {}, {2, 3, 9, 8}};
  EXPECT_THAT(NumLowestOfAll(families, 0).value(), ElementsAre(0, 0, 0));
  EXPECT_THAT(NumLowestOfAll(families, 3).value(), ElementsAre(1, 0, 2));
  EXPECT_THAT(NumLowestOfAll(families, 7).value(), ElementsAre(3, 0, 4));
}

TEST(NumLowestOfAll, EqualScoresGoTogether) {
  const std::vector<std::vector<double>> families = {{1, 2}, {2, 3}};
  EXPECT_THAT(NumLowestOfAll(families, 2).value(), ElementsAre(2, 1));
}

TEST(NumLowestOfAll, RefusesTooMany) {
  const std::vector<std::vector<double>> families = {{1, 2}, {2}};
  EXPECT_EQ(NumLowestOfAll(families, 4).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(Complement, ListsWhatIsNotExcluded) {
  const int64_t excluded[] = {0, 3};
  EXPECT_THAT(Complement(excluded, 5), ElementsAre(1, 2, 4));
  EXPECT_THAT(Complement({}, 2), ElementsAre(0, 1));
}

}  // namespace
}  // namespace rankadaptor::graph
