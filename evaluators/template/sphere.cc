// An evaluator as a shared library: the best configuration is the one whose
// values are nearest to a centre, which the config gives as a number.
#include <cstdlib>

#include "rankadaptor/plugin/evaluator_plugin.h"

namespace {

using namespace rankadaptor;  // NOLINT

class Sphere final : public Evaluator {
 public:
  // Refuse what cannot work here, not at the first trial.
  static Result<std::unique_ptr<Evaluator>> Create(
      const plugin::CreateContext& context) {
    const std::string config(context.config);
    char* end = nullptr;
    const double centre = std::strtod(config.c_str(), &end);
    if (config.empty() || *end != '\0') {
      return InvalidArgument("config '" + config + "' is not a number");
    }
    return std::make_unique<Sphere>(context.space, centre);
  }

  Sphere(SearchSpace space, double centre)
      : space_(std::move(space)), centre_(centre) {}

  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }

  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext&) override {
    double sum = 0;
    for (double value : space_.Values(configuration)) {
      sum -= (value - centre_) * (value - centre_);
    }
    return Measurement{.objective = sum, .metrics = {}};
  }

 private:
  SearchSpace space_;
  double centre_;
  EvaluatorCapabilities capabilities_;
};

}  // namespace

RANKADAPTOR_EXPORT_EVALUATOR(Sphere,
                             "example.sphere",
                             "0.1.0",
                             RA_PLUGIN_THREAD_SAFE | RA_PLUGIN_DETERMINISTIC);
