// A SearchSpace is what a study searches: one Parameter per layer (or per
// module), each with a list of choices, and any number of linear constraints
// that every configuration must keep. A Configuration picks one choice each.
//
//   RA_ASSIGN_OR_RETURN(
//       SearchSpace space,
//       SearchSpace::Create({{"layer 0", {2, 4, 8}},
//                            {"layer 1", {8}},
//                            CategoricalParameter("norm", {"rms", "batch"})}));
//   Configuration x{{1, 0, 1}};              // values 4, 8 and "batch"
//
// A parameter with a single choice is frozen. Integers and reals are searched
// on the grid that the choices list. Layers that must agree are one parameter,
// whose weights are the sums of theirs. Thread-safety: immutable.
#ifndef RANKADAPTOR_SEARCH_SEARCH_SPACE_H_
#define RANKADAPTOR_SEARCH_SEARCH_SPACE_H_

#include <cstdint>
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

enum class ParameterKind {
  kOrdinal,      // choices that are close in the list are alike
  kCategorical,  // the order of the choices means nothing
};

struct Parameter {
  std::string name;
  // Finite, at least one. Strictly ascending if ordinal, else different.
  std::vector<double> choices;
  ParameterKind kind = ParameterKind::kOrdinal;
  // Names of the choices of a categorical parameter; may be empty.
  std::vector<std::string> labels = {};
};

// A categorical parameter whose choices 0, 1, ... have names.
Parameter CategoricalParameter(std::string name,
                               std::vector<std::string> labels);

// The weights of the chosen choices may sum to `limit` at most. For ranks the
// weight is the number of trainable parameters. Weights may be negative, so
// that "at least" is "at most" with the signs turned.
struct LinearConstraint {
  std::string unit;                          // e.g. "trainable parameters"
  std::vector<std::vector<double>> weights;  // [num_parameters][num_choices]
  double limit = 0;

  // The sum, added up in the order of the parameters. Requires a configuration
  // of the space.
  double Cost(const Configuration& configuration) const;
};

class SearchSpace {
 public:
  // 1 to 4096 parameters, at most 256 constraints. kInvalidArgument names the
  // parameter that is empty, unsorted or repeated, the weights whose shape is
  // not the space's or that are not finite, or says that no configuration keeps
  // the constraints. To decide the last is easy for one constraint and hard for
  // several: kResourceExhausted if a long search neither found such a
  // configuration nor proved that there is none.
  static Result<SearchSpace> Create(
      std::vector<Parameter> parameters,
      std::vector<LinearConstraint> constraints = {});

  int num_parameters() const { return static_cast<int>(parameters_.size()); }
  const Parameter& parameter(int index) const { return parameters_[index]; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<LinearConstraint>& constraints() const {
    return constraints_;
  }

  // Indices of the parameters with more than one choice, ascending.
  const std::vector<int>& free_parameters() const { return free_; }

  // A configuration that keeps the constraints: the cheapest if there is one
  // constraint.
  const Configuration& feasible_configuration() const { return feasible_; }

  // log10 of the number of configurations, the constraints not counted.
  double Log10Size() const;

  // The chosen values. Requires a valid configuration.
  std::vector<double> Values(const Configuration& configuration) const;

  // The configuration with these values; kInvalidArgument names the parameter
  // whose value is not among its choices.
  Result<Configuration> FromValues(const std::vector<double>& values) const;

  // True if no Cost() exceeds its limit, without a tolerance.
  bool KeepsConstraints(const Configuration& configuration) const;

  // kInvalidArgument if the configuration is not of this space (size, index) or
  // breaks a constraint.
  Status Validate(const Configuration& configuration) const;

  // A hash of parameters and constraints, equal across runs and machines.
  uint64_t Fingerprint() const;

 private:
  SearchSpace() = default;
  std::vector<Parameter> parameters_;
  std::vector<int> free_;
  std::vector<LinearConstraint> constraints_;
  Configuration feasible_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_SEARCH_SPACE_H_
