// A plug-in that prints where it should not and aborts on the second choice of
// its first parameter; it asks for a process of its own.
#include <cstdio>
#include <cstdlib>

#include "rankadaptor/plugin/evaluator_plugin.h"

namespace {

using namespace rankadaptor;  // NOLINT

class Crashing final : public Evaluator {
 public:
  static Result<std::unique_ptr<Evaluator>> Create(
      const plugin::CreateContext& /*context*/) {
    std::printf("loading\n");
    return std::make_unique<Crashing>();
  }

  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }

  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override {
    std::printf("trial %d\n", static_cast<int>(trial.trial_id()));
    std::fflush(stdout);
    if (configuration.choices[0] == 1) std::abort();
    trial.Report(0.5, 1);
    return Measurement{
        .objective = static_cast<double>(configuration.choices[0]),
        .metrics = {{"seed", static_cast<double>(trial.seed() % 1000)}}};
  }

 private:
  EvaluatorCapabilities capabilities_;
};

}  // namespace

RANKADAPTOR_EXPORT_EVALUATOR(Crashing,
                             "test.crashing",
                             "0.1",
                             RA_PLUGIN_WANTS_PROCESS);
