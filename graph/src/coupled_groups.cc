#include "rankadaptor/graph/coupled_groups.h"

#include <numeric>

#include "rankadaptor/common/check.h"

namespace rankadaptor::graph {
namespace {

// The number of groups of a closure; see the header for why it is a gcd.
int64_t NumGroups(const GraphDeclaration& declaration,
                  std::span<const int> closure) {
  std::vector<bool> inside(declaration.dimensions.size(), false);
  for (int dimension : closure) inside[dimension] = true;
  int64_t num_groups = declaration.dimensions[closure.front()].size;
  for (const Dependency& d : declaration.dependencies) {
    if (inside[d.producer] && inside[d.consumer]) {
      num_groups = std::gcd(num_groups, d.num_blocks);
    }
  }
  return num_groups;
}

}  // namespace

Result<CoupledGroups> FindCoupledGroups(const DependencyGraph& graph,
                                        int root,
                                        CouplingRule rule) {
  RA_ASSIGN_OR_RETURN(const std::vector<int> closure,
                      graph.Closure(root, rule));
  const GraphDeclaration& declaration = graph.declaration();
  if (!declaration.dimensions[root].is_parameter()) {
    return InvalidArgument("root \"" + declaration.dimensions[root].name +
                           "\" is an operator, a group starts at a parameter");
  }
  CoupledGroups groups;
  groups.num_groups = NumGroups(declaration, closure);
  for (int dimension : closure) {
    const Dimension& d = declaration.dimensions[dimension];
    if (!d.is_parameter()) continue;
    groups.members.push_back(
        {d.name, d.axis, d.size, d.size / groups.num_groups});
  }
  return groups;
}

std::vector<int64_t> MemberIndices(const GroupMember& member,
                                   std::span<const int64_t> groups) {
  std::vector<int64_t> indices;
  indices.reserve(groups.size() * member.indices_per_group);
  for (int64_t group : groups) {
    const int64_t begin = group * member.indices_per_group;
    RA_CHECK(group >= 0 && begin < member.size)
        << "group " << group << " of " << member.tensor;
    for (int64_t i = 0; i < member.indices_per_group; ++i) {
      indices.push_back(begin + i);
    }
  }
  return indices;
}

}  // namespace rankadaptor::graph
