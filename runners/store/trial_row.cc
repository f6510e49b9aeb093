#include "runners/store/trial_row.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace rankadaptor::runners {

Status CheckNumbers(const Trial& trial) {
  const std::string name = "trial " + std::to_string(trial.id);
  if (std::isnan(trial.measurement.objective) ||
      std::isnan(trial.predicted.value_or(0)) ||
      std::isnan(trial.deviation.value_or(0)) ||
      std::isnan(trial.expected_improvement.value_or(0)) ||
      std::isnan(trial.duration_seconds)) {
    return InvalidArgument(name + ": a number of it is NaN");
  }
  for (const Metric& metric : trial.measurement.metrics) {
    if (std::isnan(metric.value)) {
      return InvalidArgument(name + ": metric '" + metric.name + "' is NaN");
    }
  }
  for (const TrialReport& report : trial.reports) {
    if (std::isnan(report.fraction_done) || std::isnan(report.value)) {
      return InvalidArgument(name + ": a report of it is NaN");
    }
  }
  return {};
}

std::string FormatChoices(const Configuration& configuration) {
  return nlohmann::json(configuration.choices).dump();
}

std::optional<Configuration> ParseChoices(const std::string& text) {
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return std::nullopt;
  Configuration configuration;
  for (const auto& choice : json) {
    if (!choice.is_number_unsigned() || choice > 1'000'000) return std::nullopt;
    configuration.choices.push_back(choice.get<int32_t>());
  }
  return configuration;
}

}  // namespace rankadaptor::runners
