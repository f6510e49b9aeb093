// Which parameters matter, according to a strategy's model: how much of the
// variance of its predictions over the space each of them explains (functional
// analysis of variance, Sobol' indices). Use it after a search, to see which
// layers deserved their share.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_PARAMETER_IMPORTANCE_H_
#define RANKADAPTOR_SEARCH_PARAMETER_IMPORTANCE_H_

#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"

namespace rankadaptor {

// Shares of the variance of the predicted objective when every parameter takes
// each of its choices equally often, the constraints not counted.
struct ParameterImportance {
  int parameter = 0;  // index in the space
  // What the parameter explains by itself; over all parameters at most 1.
  double main = 0;
  // The same with every interaction that it takes part in; at least `main`.
  double total = 0;

  friend bool operator==(const ParameterImportance&,
                         const ParameterImportance&) = default;
};

// One entry per free parameter, in the order of the space. Empty if the
// strategy has no model (yet), all 0 if its predictions do not differ. Random
// configurations, the same ones for the same space; `main` is exact where
// parameters do not interact, but for the error of a few percent of what all
// shares are relative to. Fails as the strategy does.
Result<std::vector<ParameterImportance>> MeasureImportance(
    const SearchSpace& space, Strategy& strategy);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_PARAMETER_IMPORTANCE_H_
