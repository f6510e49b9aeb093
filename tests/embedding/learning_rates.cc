#include "tests/embedding/learning_rates.h"

// A program that measures by itself, and asks what to measure.
#include <cmath>

#include "rankadaptor/search/ask_tell_study.h"
#include "rankadaptor/search/strategy_factory.h"

using namespace rankadaptor;  // NOLINT

// Stands for: train with these and return the held-out loss.
double Loss(const std::vector<double>& values) {
  double loss = values[4] == 1 ? 0 : 0.5;  // the second optimiser is better
  for (int layer = 0; layer < 4; ++layer) {
    loss += std::pow(std::log10(values[layer]) + 4 - 0.5 * layer, 2);
  }
  return loss;
}

Result<BestTrials> SearchLearningRates() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 4; ++i) {
    parameters.push_back(
        {"layer " + std::to_string(i), {1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3}});
  }
  parameters.push_back(CategoricalParameter("optimiser", {"sgd", "adam"}));
  RA_ASSIGN_OR_RETURN(auto space, SearchSpace::Create(parameters));
  MemoryStore store;  // or runners' SqliteStore, which survives a kill
  AskTellOptions options;
  options.store = &store;
  options.direction = Direction::kMinimize;
  RA_ASSIGN_OR_RETURN(options.strategy,
                      MakeStrategy("evolutionary", space, {}));
  RA_ASSIGN_OR_RETURN(auto study,
                      AskTellStudy::Create(space, std::move(options)));
  for (int i = 0; i < 150; ++i) {
    RA_ASSIGN_OR_RETURN(std::vector<AskedTrial> trials, study->Ask(1));
    const double loss = Loss(space.Values(trials[0].configuration));
    RA_RETURN_IF_ERROR(study->Tell(trials[0].id, loss));
  }
  return study->Best();
}
