// A whole evaluator: what docs/evaluators.md shows.
#ifndef RANKADAPTOR_TESTS_INSTALL_CONSUMER_SPHERE_H_
#define RANKADAPTOR_TESTS_INSTALL_CONSUMER_SPHERE_H_

#include "rankadaptor/search/evaluator.h"

// The best configuration is the middle of every parameter's choices.
class Sphere final : public rankadaptor::Evaluator {
 public:
  explicit Sphere(const rankadaptor::SearchSpace& space) : space_(space) {}

  const rankadaptor::EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }

  rankadaptor::Result<rankadaptor::Measurement> Evaluate(
      const rankadaptor::Configuration& configuration,
      rankadaptor::TrialContext&) override {
    double sum = 0;
    for (double value : space_.Values(configuration)) sum -= value * value;
    return rankadaptor::Measurement{.objective = sum, .metrics = {}};
  }

 private:
  const rankadaptor::SearchSpace& space_;
  rankadaptor::EvaluatorCapabilities capabilities_{.name = "sphere",
                                                   .version = "1",
                                                   .thread_safe = true,
                                                   .deterministic = true};
};

#endif  // RANKADAPTOR_TESTS_INSTALL_CONSUMER_SPHERE_H_
