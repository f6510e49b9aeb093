#include "experiments/fidelity/spend.h"

#include <span>

namespace rankadaptor::experiments {
namespace {

// What one trial cost.
Result<double> MeasureNext(Strategy& strategy,
                           const Measure& measure,
                           int64_t id) {
  RA_ASSIGN_OR_RETURN(std::vector<Suggestion> suggested, strategy.Suggest(1));
  Trial trial;
  trial.id = id;
  trial.configuration = suggested.at(0).configuration;
  trial.fidelity = suggested[0].fidelity;
  RA_ASSIGN_OR_RETURN(trial.measurement.objective, measure(trial));
  trial.state = TrialState::kComplete;
  RA_RETURN_IF_ERROR(strategy.Observe(std::span(&trial, 1)));
  return trial.fidelity;
}

}  // namespace

Result<std::vector<Configuration>> Spend(Strategy& strategy,
                                         const Measure& measure,
                                         double cost,
                                         int num_parts) {
  constexpr double kRounding = 1e-9;
  std::vector<Configuration> recommended;
  double spent = 0;
  for (int64_t id = 0; std::ssize(recommended) < num_parts; ++id) {
    RA_ASSIGN_OR_RETURN(double cost_of_trial,
                        MeasureNext(strategy, measure, id));
    spent += cost_of_trial;
    const double part =
        cost * static_cast<double>(recommended.size() + 1) / num_parts;
    if (spent < part - kRounding) continue;
    RA_ASSIGN_OR_RETURN(std::vector<Suggestion> best, strategy.Recommend(1));
    recommended.push_back(best.at(0).configuration);
  }
  return recommended;
}

}  // namespace rankadaptor::experiments
