#include "evaluators/process/messages.h"

#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::process::internal {
namespace {

Parameter ParameterOf(const v1::Parameter& message) {
  Parameter parameter{
      .name = message.name(),
      .choices = {message.choices().begin(), message.choices().end()},
      .kind = message.categorical() ? ParameterKind::kCategorical
                                    : ParameterKind::kOrdinal,
      .labels = {message.labels().begin(), message.labels().end()}};
  if (parameter.choices.empty()) {
    parameter.choices.resize(parameter.labels.size());
    std::iota(parameter.choices.begin(), parameter.choices.end(), 0.0);
  }
  return parameter;
}

LinearConstraint ConstraintOf(const v1::Constraint& message) {
  LinearConstraint constraint{
      .unit = message.unit(), .weights = {}, .limit = message.limit()};
  for (const v1::Weights& weights : message.weights()) {
    constraint.weights.emplace_back(weights.values().begin(),
                                    weights.values().end());
  }
  for (const v1::Table& table : message.tables()) {
    constraint.tables.push_back(
        {.parameters = {table.parameters().begin(), table.parameters().end()},
         .weights = {table.weights().begin(), table.weights().end()}});
  }
  return constraint;
}

void Fill(const LinearConstraint& constraint, v1::Constraint& message) {
  message.set_unit(constraint.unit);
  message.set_limit(constraint.limit);
  for (const std::vector<double>& weights : constraint.weights) {
    message.add_weights()->mutable_values()->Assign(weights.begin(),
                                                    weights.end());
  }
  for (const WeightTable& table : constraint.tables) {
    v1::Table& to = *message.add_tables();
    to.mutable_parameters()->Assign(table.parameters.begin(),
                                    table.parameters.end());
    to.mutable_weights()->Assign(table.weights.begin(), table.weights.end());
  }
}

}  // namespace

Status CheckProtocol(uint32_t major, uint32_t minor) {
  if (major == kProtocolMajor) return {};
  return FailedPrecondition(
      "speaks version " + std::to_string(major) + "." + std::to_string(minor) +
      " of the protocol, this program speaks " +
      std::to_string(kProtocolMajor) + "." + std::to_string(kProtocolMinor));
}

v1::Space MessageOf(const SearchSpace& space) {
  v1::Space message;
  for (const Parameter& parameter : space.parameters()) {
    v1::Parameter& to = *message.add_parameters();
    to.set_name(parameter.name);
    to.mutable_choices()->Assign(parameter.choices.begin(),
                                 parameter.choices.end());
    to.set_categorical(parameter.kind == ParameterKind::kCategorical);
    to.mutable_labels()->Assign(parameter.labels.begin(),
                                parameter.labels.end());
  }
  for (const LinearConstraint& constraint : space.constraints()) {
    Fill(constraint, *message.add_constraints());
  }
  return message;
}

Result<SearchSpace> SpaceOf(const v1::Space& message) {
  std::vector<Parameter> parameters;
  for (const v1::Parameter& parameter : message.parameters()) {
    parameters.push_back(ParameterOf(parameter));
  }
  std::vector<LinearConstraint> constraints;
  for (const v1::Constraint& constraint : message.constraints()) {
    constraints.push_back(ConstraintOf(constraint));
  }
  return SearchSpace::Create(std::move(parameters), std::move(constraints));
}

bool SameSpace(const SearchSpace& a, const SearchSpace& b) {
  return a.Fingerprint() == b.Fingerprint();
}

v1::Evaluate MessageOf(const Configuration& configuration,
                       const SearchSpace& space,
                       const TrialContext& trial) {
  v1::Evaluate message;
  message.set_trial_id(trial.trial_id());
  message.set_seed(trial.seed());
  message.set_split(trial.split() == ItemSplit::kConfirm ? v1::SPLIT_CONFIRM
                                                         : v1::SPLIT_SEARCH);
  message.set_fidelity(trial.fidelity());
  message.mutable_choices()->Assign(configuration.choices.begin(),
                                    configuration.choices.end());
  const std::vector<double> values = space.Values(configuration);
  message.mutable_values()->Assign(values.begin(), values.end());
  return message;
}

Result<Measurement> MeasurementOf(const v1::Measured& message, bool minimised) {
  if (!std::isfinite(message.objective())) {
    return Internal("returned the objective " +
                    std::to_string(message.objective()) +
                    ", which is not finite");
  }
  Measurement measurement{
      .objective = minimised ? -message.objective() : message.objective(),
      .metrics = {}};
  std::set<std::string> names;
  for (const v1::Metric& metric : message.metrics()) {
    if (!std::isfinite(metric.value())) {
      return Internal("returned the metric " + Quote(metric.name()) + " = " +
                      std::to_string(metric.value()) + ", which is not finite");
    }
    if (!names.insert(metric.name()).second) {
      return Internal("returned the metric " + Quote(metric.name()) + " twice");
    }
    measurement.metrics.push_back({metric.name(), metric.value()});
  }
  return measurement;
}

v1::Measured MessageOf(const Measurement& measurement) {
  v1::Measured message;
  message.set_objective(measurement.objective);
  for (const Metric& metric : measurement.metrics) {
    v1::Metric& to = *message.add_metrics();
    to.set_name(metric.name);
    to.set_value(metric.value);
  }
  return message;
}

v1::Failed MessageOf(const Error& error) {
  v1::Failed message;
  message.set_message(error.message);
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      message.set_code(v1::CODE_INFEASIBLE);
      break;
    case ErrorCode::kCancelled:
      message.set_code(v1::CODE_CANCELLED);
      break;
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable:
      message.set_code(v1::CODE_RESOURCE_EXHAUSTED);
      break;
    default:
      message.set_code(v1::CODE_FAILED);
  }
  return message;
}

tl::unexpected<Error> ErrorOf(const v1::Failed& message) {
  const std::string reason =
      message.message().empty() ? "it gave no reason" : message.message();
  switch (message.code()) {
    case v1::CODE_INFEASIBLE:
      return InvalidArgument(reason);
    case v1::CODE_CANCELLED:
      return Cancelled(reason);
    case v1::CODE_RESOURCE_EXHAUSTED:
      return ResourceExhausted(reason);
    default:
      return Internal(reason);
  }
}

}  // namespace rankadaptor::process::internal
