// Parameters that must agree, e.g. the ranks of neighbouring layers, as one
// parameter of a search space: a group is searched as a whole and costs what
// its members cost together. Strategies and samplers see the smaller space
// only, so that what they try agrees by construction.
//
//   RA_ASSIGN_OR_RETURN(TiedSpace tied,
//                       TiedSpace::Create(layers, {budget}, {{0, 1}, {2, 3}}));
//   ... search tied.space() ...
//   std::vector<double> ranks = tied.Values(best);  // one per layer
//
// Thread-safety: immutable.
#ifndef RANKADAPTOR_SEARCH_TIED_SPACE_H_
#define RANKADAPTOR_SEARCH_TIED_SPACE_H_

#include <optional>
#include <utility>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor {

class TiedSpace {
 public:
  // `groups` are disjoint lists of parameter indices; who is in none is
  // searched by itself. A group has the name of its first member and stands in
  // its place; its descriptors are the means of those that all members have.
  // kInvalidArgument names an index that does not exist or is in two groups,
  // and members whose kind, choices or labels differ; also as
  // SearchSpace::Create().
  static Result<TiedSpace> Create(std::vector<Parameter> parameters,
                                  std::vector<LinearConstraint> constraints,
                                  const std::vector<std::vector<int>>& groups);

  // What is searched: one parameter per group and per parameter in none.
  const SearchSpace& space() const { return space_; }

  // For each parameter the index of the one in space() that sets it.
  // [num_parameters given]
  const std::vector<int>& places() const { return places_; }

  // The values of all parameters, in the order in which they were given.
  std::vector<double> Values(const Configuration& configuration) const;

  // The choices of all parameters, in the order in which they were given.
  Configuration Untied(const Configuration& configuration) const;

  // The configuration of space() that gives all parameters these choices; none
  // if parameters that are tied differ.
  std::optional<Configuration> Tied(const Configuration& untied) const;

 private:
  TiedSpace(SearchSpace space, std::vector<int> places)
      : space_(std::move(space)), places_(std::move(places)) {}

  SearchSpace space_;
  std::vector<int> places_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_TIED_SPACE_H_
