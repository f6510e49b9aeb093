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

// Scores of a member on the root's indices.
std::vector<double> Folded(const CoupledGroups& groups,
                           const GroupMember& member,
                           const std::vector<double>& scores,
                           Fold fold) {
  std::vector<double> folded(groups.root().size, 0.0);
  for (int64_t i = 0; i < member.size; ++i) {
    folded[RootIndex(groups, member, fold, i)] += scores[i];
  }
  return folded;
}

double Reduced(double so_far, double next, Reduction reduction) {
  switch (reduction) {
    case Reduction::kMax:
      return std::max(so_far, next);
    case Reduction::kProduct:
      return so_far * next;
    default:
      return so_far + next;
  }
}

// `members` has one vector per member, all of one length.
std::vector<double> ReduceMembers(std::vector<std::vector<double>> members,
                                  Reduction reduction) {
  if (reduction == Reduction::kFirst) return std::move(members[0]);
  if (reduction == Reduction::kSecond) return std::move(members[1]);
  std::vector<double> reduced = std::move(members[0]);
  for (size_t i = 0; i < reduced.size(); ++i) {
    for (size_t m = 1; m < members.size(); ++m) {
      reduced[i] = Reduced(reduced[i], members[m][i], reduction);
    }
    if (reduction == Reduction::kMean) {
      reduced[i] /= static_cast<double>(members.size());
    }
  }
  return reduced;
}

}  // namespace

Result<std::vector<double>> RootScores(
    const CoupledGroups& groups,
    std::span<const std::vector<double>> member_scores,
    Fold fold,
    Reduction reduction) {
  if (member_scores.size() != groups.members.size()) {
    return InvalidArgument(std::to_string(member_scores.size()) +
                           " score vectors for " +
                           std::to_string(groups.members.size()) + " members");
  }
  if (reduction == Reduction::kSecond && groups.members.size() < 2) {
    return InvalidArgument(groups.root().tensor +
                           ": there is no second member to score by");
  }
  std::vector<std::vector<double>> folded;
  for (size_t m = 0; m < member_scores.size(); ++m) {
    const GroupMember& member = groups.members[m];
    RA_RETURN_IF_ERROR(CheckMemberScores(groups, member, member_scores[m]));
    folded.push_back(Folded(groups, member, member_scores[m], fold));
  }
  return ReduceMembers(std::move(folded), reduction);
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

namespace {

Status CheckCount(std::span<const double> scores, int64_t count) {
  if (count < 0 || count > static_cast<int64_t>(scores.size())) {
    return InvalidArgument("cannot take the " + std::to_string(count) +
                           " lowest of " + std::to_string(scores.size()) +
                           " scores");
  }
  if (std::ranges::any_of(scores, [](double s) { return std::isnan(s); })) {
    return InvalidArgument("a score is NaN, scores must be comparable");
  }
  return {};
}

}  // namespace

Result<std::vector<int64_t>> LowestScored(std::span<const double> scores,
                                          int64_t count) {
  RA_RETURN_IF_ERROR(CheckCount(scores, count));
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(
      order, [&](int64_t a, int64_t b) { return scores[a] < scores[b]; });
  order.resize(count);
  std::ranges::sort(order);
  return order;
}

Result<std::vector<int64_t>> NumLowestOfAll(
    std::span<const std::vector<double>> families, int64_t count) {
  std::vector<double> all;
  for (const std::vector<double>& scores : families) {
    all.insert(all.end(), scores.begin(), scores.end());
  }
  RA_RETURN_IF_ERROR(CheckCount(all, count));
  std::vector<int64_t> counts(families.size(), 0);
  if (count == 0) return counts;
  std::ranges::nth_element(all, all.begin() + (count - 1));
  const double threshold = all[count - 1];
  for (size_t i = 0; i < families.size(); ++i) {
    counts[i] = std::ranges::count_if(
        families[i], [&](double score) { return score <= threshold; });
  }
  return counts;
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
