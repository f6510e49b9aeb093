// The host's side of an evaluator in a shared library.
//
// Thread-safe if the plug-in says so.
#ifndef RANKADAPTOR_EVALUATORS_HOST_PLUGIN_EVALUATOR_H_
#define RANKADAPTOR_EVALUATORS_HOST_PLUGIN_EVALUATOR_H_

#include <memory>
#include <string_view>

#include "rankadaptor/plugin/plugin_abi.h"
#include "rankadaptor/search/evaluator.h"

namespace rankadaptor::plugin {

class PluginEvaluator final : public Evaluator {
 public:
  // Errors as PluginLibrary::MakeEvaluator().
  static Result<std::unique_ptr<Evaluator>> Create(
      const RaEvaluatorPlugin& plugin,
      const SearchSpace& space,
      std::string_view config);
  ~PluginEvaluator() override;

  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override;

 private:
  PluginEvaluator(const RaEvaluatorPlugin& plugin, void* evaluator);

  const RaEvaluatorPlugin& plugin_;
  void* evaluator_;  // the plug-in's own
  EvaluatorCapabilities capabilities_;
};

}  // namespace rankadaptor::plugin

#endif  // RANKADAPTOR_EVALUATORS_HOST_PLUGIN_EVALUATOR_H_
