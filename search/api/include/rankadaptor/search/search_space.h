// A SearchSpace is what a study searches: one Parameter per layer (or per
// module), each with an ordered list of choices, and optionally a Budget that
// every configuration must keep. A Configuration picks one choice each.
//
//   RA_ASSIGN_OR_RETURN(
//       SearchSpace space,
//       SearchSpace::Create({{"layer 0", {2, 4, 8}}, {"layer 1", {8}}}));
//   Configuration x{{1, 0}};                 // values 4 and 8
//
// A parameter with a single choice is frozen. Thread-safety: immutable.
#ifndef RANKADAPTOR_SEARCH_SEARCH_SPACE_H_
#define RANKADAPTOR_SEARCH_SEARCH_SPACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor {

// One choice index per parameter, in the space's order.
struct Configuration {
  std::vector<int32_t> choices;  // [num_parameters]

  friend bool operator==(const Configuration&, const Configuration&) = default;
  friend auto operator<=>(const Configuration&, const Configuration&) = default;
};

// An ordinal parameter.
struct Parameter {
  std::string name;
  std::vector<double> choices;  // strictly ascending, finite, at least one
};

// A linear constraint: the weights of the chosen choices may sum to `limit` at
// most. For ranks the weight is the number of trainable parameters.
struct Budget {
  std::string unit;                          // e.g. "trainable parameters"
  std::vector<std::vector<double>> weights;  // [num_parameters][num_choices]
  double limit = 0;
};

class SearchSpace {
 public:
  // kInvalidArgument names the parameter that is empty, unsorted or repeated,
  // weights whose shape is not the space's, negative or not finite, or a limit
  // below the cheapest configuration. 1 to 4096 parameters.
  static Result<SearchSpace> Create(std::vector<Parameter> parameters,
                                    std::optional<Budget> budget = {});

  int num_parameters() const { return static_cast<int>(parameters_.size()); }
  const Parameter& parameter(int index) const { return parameters_[index]; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::optional<Budget>& budget() const { return budget_; }

  // Indices of the parameters with more than one choice, ascending.
  const std::vector<int>& free_parameters() const { return free_; }

  // log10 of the number of configurations, the budget not counted.
  double Log10Size() const;

  // The chosen values. Requires a valid configuration.
  std::vector<double> Values(const Configuration& configuration) const;

  // The configuration with these values; kInvalidArgument names the parameter
  // whose value is not among its choices.
  Result<Configuration> FromValues(const std::vector<double>& values) const;

  // Sum of the chosen weights; 0 without a budget.
  double Cost(const Configuration& configuration) const;

  // True if the budget is kept (with a tolerance of 1e-9 of the limit).
  bool WithinBudget(const Configuration& configuration) const;

  // kInvalidArgument if the configuration is not of this space (size, index) or
  // breaks the budget.
  Status Validate(const Configuration& configuration) const;

  // A hash of parameters and budget, equal across runs and machines.
  uint64_t Fingerprint() const;

 private:
  SearchSpace() = default;
  std::vector<Parameter> parameters_;
  std::vector<int> free_;
  std::optional<Budget> budget_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_SEARCH_SPACE_H_
