// The constraints of a space in one form, for samplers and strategies: sums
// over the space's blocks of what their combined choices cost, shifted so that
// the cheapest choice of every block costs 0, and scaled so that a
// configuration may cost 1. The shift moves costs and limit by the same, so
// that it changes nothing and makes negative weights harmless. Weight tables
// need no treatment of their own: inside a block they are costs like any other.
//
// Rounding: a bound is generous by 1e-9 of the sizes involved, so that what it
// excludes is infeasible; SearchSpace::KeepsConstraints() decides.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SEARCH_SCALED_CONSTRAINTS_H_
#define RANKADAPTOR_SEARCH_SCALED_CONSTRAINTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor {

struct ChoiceBlock {
  std::vector<int> parameters;  // as in SearchSpace::blocks()
  // Combined choices that some configuration might use, in lexicographic order:
  // those that alone break a constraint are left out.
  // [num_choices][parameters.size()]
  std::vector<std::vector<int32_t>> choices;
};

struct ScaledConstraints {
  std::vector<ChoiceBlock> blocks;
  // [num_constraints][num_blocks], of each choice that is left.
  std::vector<std::vector<std::vector<double>>> costs;
  // What a cost of 1 is in the unit of each constraint.
  std::vector<double> units;  // [num_constraints]
};

// Writes a block's choice into a configuration's choices.
void Assign(const ChoiceBlock& block,
            size_t choice,
            std::span<int32_t> choices);

// A sum of costs up to this is not known to be infeasible.
inline constexpr double kScaledLimit = 1 + 1e-9;

// Never empty for a space that SearchSpace::Create() returned.
std::optional<ScaledConstraints> ScaleConstraints(const SearchSpace& space);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_SCALED_CONSTRAINTS_H_
