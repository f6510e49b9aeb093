// A plug-in whose behaviour its config chooses, for the test of the host.
#include <limits>
#include <stdexcept>

#include "rankadaptor/plugin/evaluator_plugin.h"

namespace {

using namespace rankadaptor;  // NOLINT

class Sphere final : public Evaluator {
 public:
  static Result<std::unique_ptr<Evaluator>> Create(
      const plugin::CreateContext& context) {
    const std::string config(context.config);
    if (config == "refuse" || config.starts_with("{")) {
      return InvalidArgument("config '" + config + "' is not known");
    }
    if (context.config == "throw") throw std::runtime_error("no such GPU");
    return std::make_unique<Sphere>(context);
  }

  explicit Sphere(const plugin::CreateContext& context)
      : space_(context.space), mode_(context.config) {}

  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }

  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override {
    if (mode_ == "throw in a trial") throw std::runtime_error("out of memory");
    if (mode_ == "throw a number") throw 42;
    if (mode_ == "infeasible") return InvalidArgument("cannot be measured");
    if (trial.cancelled()) return Cancelled("given up");
    trial.Report(0.5, 7);
    double sum = 0;
    for (double value : space_.Values(configuration)) sum -= value * value;
    if (mode_ == "nan") sum = std::numeric_limits<double>::quiet_NaN();
    return Measurement{
        .objective = sum,
        .metrics = {{"seed", static_cast<double>(trial.seed())},
                    {"confirm", trial.split() == ItemSplit::kConfirm ? 1. : 0.},
                    {"labels",
                     static_cast<double>(space_.parameter(1).labels.size())}}};
  }

 private:
  SearchSpace space_;
  std::string mode_;
  EvaluatorCapabilities capabilities_;
};

}  // namespace

RANKADAPTOR_EXPORT_EVALUATOR(Sphere,
                             "test.sphere",
                             "1.2",
                             RA_PLUGIN_DETERMINISTIC);
