#include "rankadaptor/table/table_evaluator.h"

#include <algorithm>

namespace rankadaptor::table {
namespace {

Result<size_t> FindMetric(const MeasuredTable& table,
                          const TableOptions& options) {
  const auto& metrics = table.metrics();
  const auto found = std::ranges::find(metrics, options.objective);
  if (found != metrics.end()) {
    return static_cast<size_t>(found - metrics.begin());
  }
  std::string names;
  for (const std::string& name : metrics) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return InvalidArgument(options.file.string() + ": has no metric " +
                         options.objective + "; it has " + names);
}

std::vector<LinearConstraint> Constraints(
    const std::vector<Parameter>& parameters, std::optional<double> max_sum) {
  if (!max_sum) return {};
  LinearConstraint sum{"sum of values", {}, *max_sum};
  for (const Parameter& parameter : parameters) {
    sum.weights.push_back(parameter.choices);
  }
  return {std::move(sum)};
}

// The next configuration in counting order; false after the last.
bool Advance(const std::vector<Parameter>& parameters, Configuration* x) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (++x->choices[i] < std::ssize(parameters[i].choices)) return true;
    x->choices[i] = 0;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<TableEvaluator>> TableEvaluator::Create(
    const TableOptions& options) {
  RA_ASSIGN_OR_RETURN(MeasuredTable table, MeasuredTable::Read(options.file));
  RA_ASSIGN_OR_RETURN(const size_t objective, FindMetric(table, options));
  std::unique_ptr<TableEvaluator> evaluator(
      new TableEvaluator(std::move(table), objective));
  const auto& parameters = evaluator->table_.parameters();
  RA_ASSIGN_OR_RETURN(
      evaluator->space_,
      SearchSpace::Create(parameters,
                          Constraints(parameters, options.max_sum)));
  return evaluator;
}

Result<Measurement> TableEvaluator::Evaluate(const Configuration& configuration,
                                             TrialContext& trial) {
  RA_RETURN_IF_ERROR(space_->Validate(configuration));
  const size_t seed = trial.seed() % table_.seeds().size();
  return ToMeasurement(
      table_.Values(configuration.choices, seed, trial.split()));
}

Measurement TableEvaluator::Mean(const Configuration& configuration,
                                 ItemSplit split) const {
  std::vector<double> means(table_.metrics().size(), 0.0);
  const auto num_seeds = static_cast<double>(table_.seeds().size());
  for (size_t seed = 0; seed < table_.seeds().size(); ++seed) {
    const auto& values = table_.Values(configuration.choices, seed, split);
    for (size_t m = 0; m < means.size(); ++m) means[m] += values[m] / num_seeds;
  }
  return ToMeasurement(means);
}

Configuration TableEvaluator::Best(ItemSplit split) const {
  Configuration best = space_->feasible_configuration();
  double highest = Mean(best, split).objective;
  Configuration x{std::vector<int32_t>(table_.parameters().size(), 0)};
  do {
    if (!space_->KeepsConstraints(x)) continue;
    const double value = Mean(x, split).objective;
    if (value <= highest) continue;
    highest = value;
    best = x;
  } while (Advance(table_.parameters(), &x));
  return best;
}

Measurement TableEvaluator::ToMeasurement(
    const std::vector<double>& values) const {
  Measurement measurement;
  measurement.objective = values[objective_];
  for (size_t m = 0; m < values.size(); ++m) {
    if (m == objective_) continue;
    measurement.metrics.push_back({table_.metrics()[m], values[m]});
  }
  return measurement;
}

}  // namespace rankadaptor::table
