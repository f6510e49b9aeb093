// CoupledGroups are the smallest parts of a closure that can be cut by
// themselves: one attention head with everything that belongs to it, one MLP
// channel. All groups of a closure have the same form, so they are kept as one
// family: a list of members and how many consecutive indices of each member
// make up one group.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_GRAPH_COUPLED_GROUPS_H_
#define RANKADAPTOR_GRAPH_COUPLED_GROUPS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/graph/dependency_graph.h"

namespace rankadaptor::graph {

// One axis of one weight. Group g owns its indices
// [g * indices_per_group, (g + 1) * indices_per_group).
struct GroupMember {
  std::string tensor;
  int axis = 0;
  int64_t size = 0;
  int64_t indices_per_group = 1;

  friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

struct CoupledGroups {
  int64_t num_groups = 0;
  std::vector<GroupMember> members;  // the root first, in discovery order

  const GroupMember& root() const { return members.front(); }
};

// The groups of the closure of `root`, which must be a parameter: the finest
// partition of every member such that no dependency inside the closure joins
// two parts. Since every dependency joins equal consecutive blocks, that is one
// group per common block boundary: the greatest common divisor of their
// num_blocks. kInvalidArgument as Closure().
Result<CoupledGroups> FindCoupledGroups(
    const DependencyGraph& graph,
    int root,
    CouplingRule rule = CouplingRule::kShape);

// The indices of `member` that `groups` own, in their order. Every group must
// be in [0, member.size / member.indices_per_group).
std::vector<int64_t> MemberIndices(const GroupMember& member,
                                   std::span<const int64_t> groups);

}  // namespace rankadaptor::graph

#endif  // RANKADAPTOR_GRAPH_COUPLED_GROUPS_H_
