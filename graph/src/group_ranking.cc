#include "rankadaptor/graph/group_ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "rankadaptor/common/check.h"

namespace rankadaptor::graph {
namespace {

Status CheckMemberScores(const CoupledGroups& groups,
                         const GroupMember& member,
                         const std::vector<double>& scores) {
  if (static_cast<int64_t>(scores.size()) != member.size) {
    return InvalidArgument(member.tensor + ": has " +
                           std::to_string(scores.size()) + " scores for " +
                           std::to_string(member.size) + " indices");
  }
  if (member.size % groups.root().size != 0) {
    return InvalidArgument(member.tensor + ": " + std::to_string(member.size) +
                           " indices cannot be folded onto the " +
                           std::to_string(groups.root().size) + " of " +
                           groups.root().tensor);
  }
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i])) {
      return InvalidArgument(member.tensor + ": score " + std::to_string(i) +
                             " is not finite");
    }
  }
  return {};
}

// The root's index that index `i` of `member` is added to.
int64_t RootIndex(const CoupledGroups& groups,
                  const GroupMember& member,
                  Fold fold,
                  int64_t i) {
  if (fold == Fold::kTiled) return i % groups.root().size;
  const int64_t width = groups.root().indices_per_group;
  return i / member.indices_per_group * width + i % width;
}

}  // namespace

Result<std::vector<double>> RootScores(
    const CoupledGroups& groups,
    std::span<const std::vector<double>> member_scores,
    Fold fold) {
  if (member_scores.size() != groups.members.size()) {
    return InvalidArgument(std::to_string(member_scores.size()) +
                           " score vectors for " +
                           std::to_string(groups.members.size()) + " members");
  }
  std::vector<double> totals(groups.root().size, 0.0);
  for (size_t m = 0; m < member_scores.size(); ++m) {
    const GroupMember& member = groups.members[m];
    RA_RETURN_IF_ERROR(CheckMemberScores(groups, member, member_scores[m]));
    for (int64_t i = 0; i < member.size; ++i) {
      totals[RootIndex(groups, member, fold, i)] += member_scores[m][i];
    }
  }
  return totals;
}

std::vector<double> GroupScores(const CoupledGroups& groups,
                                std::span<const double> root_scores) {
  RA_CHECK(static_cast<int64_t>(root_scores.size()) == groups.root().size)
      << groups.root().tensor;
  std::vector<double> scores(groups.num_groups, 0.0);
  for (size_t i = 0; i < root_scores.size(); ++i) {
    scores[i / groups.root().indices_per_group] += root_scores[i];
  }
  return scores;
}

Result<std::vector<int64_t>> LowestScored(std::span<const double> scores,
                                          int64_t count) {
  if (count < 0 || count > static_cast<int64_t>(scores.size())) {
    return InvalidArgument("cannot take the " + std::to_string(count) +
                           " lowest of " + std::to_string(scores.size()) +
                           " scores");
  }
  if (std::ranges::any_of(scores, [](double s) { return std::isnan(s); })) {
    return InvalidArgument("a score is NaN, scores must be comparable");
  }
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(
      order, [&](int64_t a, int64_t b) { return scores[a] < scores[b]; });
  order.resize(count);
  std::ranges::sort(order);
  return order;
}

std::vector<int64_t> Complement(std::span<const int64_t> excluded,
                                int64_t size) {
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < size; ++i) {
    if (!std::ranges::binary_search(excluded, i)) kept.push_back(i);
  }
  return kept;
}

}  // namespace rankadaptor::graph
