#include "tests/embedding/bit_widths.h"

// README.md shows what follows.
#include <cmath>

#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/surrogate/mlp_model.h"

using namespace rankadaptor;  // NOLINT

// Stands for: quantise each layer to so many bits and measure the model.
class QuantisedModel final : public Evaluator {
 public:
  explicit QuantisedModel(const SearchSpace& space) : space_(space) {}
  const EvaluatorCapabilities& capabilities() const override { return about_; }
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext&) override {
    double quality = 0, layer = 0;
    for (double bits : space_.Values(configuration)) {
      quality -= ++layer * std::exp2(-bits);  // later layers matter more
    }
    return Measurement{.objective = quality, .metrics = {}};
  }

 private:
  const SearchSpace& space_;
  EvaluatorCapabilities about_{"quantised model", "1", true, true};
};

Result<StudySummary> SearchBitWidths() {
  const std::vector<double> bits = {2, 3, 4, 6, 8};
  std::vector<Parameter> layers;
  for (int i = 0; i < 8; ++i) {
    layers.push_back({"layer " + std::to_string(i), bits});
  }
  LinearConstraint budget{"bits", std::vector(8, bits), /*limit=*/32};
  RA_ASSIGN_OR_RETURN(auto space, SearchSpace::Create(layers, {budget}));
  QuantisedModel model(space);
  MemoryStore store;
  StrategyOptions how;
  how.make_performance_model = [](int num_features, uint64_t seed) {
    return surrogate::MakeMlpModel(num_features, {.seed = seed});
  };
  RA_ASSIGN_OR_RETURN(auto strategy, MakeStrategy("paper", space, how));
  StudyParts parts;
  parts.evaluator = &model;
  parts.store = &store;
  parts.strategy = std::move(strategy);
  RA_ASSIGN_OR_RETURN(auto study, Study::Create({}, space, std::move(parts)));
  return study->Run();
}
