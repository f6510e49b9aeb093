// The constraints of a space in one form, for samplers and strategies: weights
// shifted so that the cheapest choice of every parameter costs 0, and scaled so
// that a configuration may cost 1. The shift moves weights and limit by the
// same, so that it changes nothing and makes negative weights harmless.
//
// Rounding: a bound is generous by 1e-9 of the sizes involved, so that what it
// excludes is infeasible; SearchSpace::KeepsConstraints() decides.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SEARCH_SCALED_CONSTRAINTS_H_
#define RANKADAPTOR_SEARCH_SCALED_CONSTRAINTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor {

struct ScaledConstraints {
  // Choices that some configuration might use: those that alone break a
  // constraint are left out.
  std::vector<std::vector<int32_t>> choices;  // [num_parameters]
  // [num_constraints][num_parameters], of each choice that is left.
  std::vector<std::vector<std::vector<double>>> costs;
  // What a cost of 1 is in the unit of each constraint.
  std::vector<double> units;  // [num_constraints]
};

// A sum of costs up to this is not known to be infeasible.
inline constexpr double kScaledLimit = 1 + 1e-9;

// Never empty for a space that SearchSpace::Create() returned.
std::optional<ScaledConstraints> ScaleConstraints(const SearchSpace& space);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_SCALED_CONSTRAINTS_H_
