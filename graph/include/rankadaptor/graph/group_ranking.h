// From one score per index of every member to the groups that matter least:
//
//   RA_ASSIGN_OR_RETURN(auto by_index, RootScores(groups, scores, fold));
//   RA_ASSIGN_OR_RETURN(auto cut,
//                       LowestScored(GroupScores(groups, by_index), 8));
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_GRAPH_GROUP_RANKING_H_
#define RANKADAPTOR_GRAPH_GROUP_RANKING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rankadaptor/graph/coupled_groups.h"

namespace rankadaptor::graph {

// How a member that is longer than the root is folded onto the root's indices:
// the query rows onto the KV rows of grouped-query attention (spec 1.6).
enum class Fold {
  // Within each group: what a KV head gets comes from the heads that it serves.
  kConsecutive,
  // Index i goes to i modulo the root's size, which is what LLM-Pruner does: it
  // mixes the query heads of different KV heads. For parity with its results.
  kTiled,
};

// What the scores of an index become over the members (spec 1.6).
enum class Reduction {
  kSum,
  kMean,
  kMax,
  kProduct,
  kFirst,   // the root's alone
  kSecond,  // those of the member that was discovered after the root
};

// One score per index of the root: the scores of each member, folded, reduced
// over the members. `member_scores` holds one vector of length `size` per
// member, in their order. kInvalidArgument if a length does not fit or a score
// is not finite, or if a member cannot be folded (its size is no multiple of
// the root's), or for kSecond of a group with one member.
Result<std::vector<double>> RootScores(
    const CoupledGroups& groups,
    std::span<const std::vector<double>> member_scores,
    Fold fold,
    Reduction reduction = Reduction::kSum);

// One score per group: the sum over the root's indices that the group owns.
// `root_scores` has one entry per index of the root.
std::vector<double> GroupScores(const CoupledGroups& groups,
                                std::span<const double> root_scores);

// The positions of the `count` lowest scores, ascending by position. Of equal
// scores the one with the lower position is taken first. kInvalidArgument if a
// score is NaN or there are fewer than `count`.
Result<std::vector<int64_t>> LowestScored(std::span<const double> scores,
                                          int64_t count);

// How many of each family of scores are among the `count` lowest of all of
// them: those not above the count-th lowest, so equal scores can make it more.
// Empty families take no part. Errors as LowestScored().
Result<std::vector<int64_t>> NumLowestOfAll(
    std::span<const std::vector<double>> families, int64_t count);

// The positions in [0, size) that are not in `excluded` (ascending, in range).
std::vector<int64_t> Complement(std::span<const int64_t> excluded,
                                int64_t size);

}  // namespace rankadaptor::graph

#endif  // RANKADAPTOR_GRAPH_GROUP_RANKING_H_
