// A SearchSpace is what a study searches: one Parameter per layer (or per
// module), each with a list of choices, and any number of constraints on sums
// of weights that every configuration must keep. A Configuration picks one
// choice each.
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
// whose weights are the sums of theirs (tied_space.h makes it of them).
// Thread-safety: immutable.
#ifndef RANKADAPTOR_SEARCH_SEARCH_SPACE_H_
#define RANKADAPTOR_SEARCH_SEARCH_SPACE_H_

#include <cstdint>
#include <span>
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

// Something that is known of what a parameter sets before anything is measured,
// as a number: the layer's relative depth, how much of it was pruned, how
// important it is, how many parameters it has.
struct Descriptor {
  std::string name;
  double value = 0;

  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

struct Parameter {
  std::string name;
  // Finite, at least one. Strictly ascending if ordinal, else different.
  std::vector<double> choices;
  ParameterKind kind = ParameterKind::kOrdinal;
  // Names of the choices of a categorical parameter; may be empty.
  std::vector<std::string> labels = {};
  // For strategies, as features: parameters with like descriptors are expected
  // to have like effects, in this study and in past ones. Comparable between
  // the parameters of a space by name; a strategy scales them itself and copes
  // with one that some parameters lack. They say nothing about what a trial
  // means and are no part of Fingerprint(). Finite, names unique.
  std::vector<Descriptor> descriptors = {};
};

// A categorical parameter whose choices 0, 1, ... have names.
Parameter CategoricalParameter(std::string name,
                               std::vector<std::string> labels);

// A weight that depends on the choices of several parameters together: the size
// of an adapter is its rank times the width that is kept of its layer.
struct WeightTable {
  std::vector<int> parameters;  // strictly ascending indices
  // One for each combination of their choices, the last parameter's choice
  // running fastest.
  std::vector<double> weights;

  friend bool operator==(const WeightTable&, const WeightTable&) = default;
};

// The weights of the chosen choices may sum to `limit` at most. For ranks the
// weight is the number of trainable parameters. Weights may be negative, so
// that "at least" is "at most" with the signs turned.
struct LinearConstraint {
  std::string unit;  // e.g. "trainable parameters"
  // [num_parameters][num_choices]; empty: all 0, for tables alone.
  std::vector<std::vector<double>> weights;
  double limit = 0;
  std::vector<WeightTable> tables = {};

  // The sum, added up in the order of the parameters, then of the tables.
  // Requires `weights` that are not empty and choices of the space.
  double Cost(std::span<const int32_t> choices) const;
  double Cost(const Configuration& configuration) const {
    return Cost(configuration.choices);
  }
};

class SearchSpace {
 public:
  // 1 to 4096 parameters, at most 256 constraints. Parameters that share a
  // table, directly or through others, may have 65536 combinations of choices.
  // kInvalidArgument names the parameter that is empty, unsorted or repeated,
  // the weights whose shape is not the space's or that are not finite, or says
  // that no configuration keeps the constraints. To decide the last is easy for
  // one constraint and hard for several: kResourceExhausted if a long search
  // neither found such a configuration nor proved that there is none.
  static Result<SearchSpace> Create(
      std::vector<Parameter> parameters,
      std::vector<LinearConstraint> constraints = {});

  int num_parameters() const { return static_cast<int>(parameters_.size()); }
  const Parameter& parameter(int index) const { return parameters_[index]; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  // Their weights are never empty.
  const std::vector<LinearConstraint>& constraints() const {
    return constraints_;
  }

  // Indices of the parameters with more than one choice, ascending.
  const std::vector<int>& free_parameters() const { return free_; }

  // The parameters in blocks: those that share a weight table, directly or
  // through others, are in one, any other is a block of its own. A constraint
  // is a sum over blocks. Each ascending, ordered by their first ones.
  const std::vector<std::vector<int>>& blocks() const { return blocks_; }

  // By how much the constraint's cost changes if the parameter's choice becomes
  // `choice`; but for rounding.
  double CostChange(size_t constraint,
                    std::span<const int32_t> choices,
                    int parameter,
                    int32_t choice) const;

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

  // A hash of parameters and constraints, but for descriptors; equal across
  // runs and machines.
  uint64_t Fingerprint() const;

 private:
  SearchSpace() = default;
  std::vector<Parameter> parameters_;
  std::vector<int> free_;
  std::vector<LinearConstraint> constraints_;
  std::vector<std::vector<int>> blocks_;
  // Indices of the tables with a parameter.
  // [num_constraints][num_parameters], empty for constraints without tables.
  std::vector<std::vector<std::vector<int>>> tables_of_;
  Configuration feasible_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_SEARCH_SPACE_H_
