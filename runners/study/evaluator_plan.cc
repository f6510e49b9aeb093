#include "runners/study/evaluator_plan.h"

#include "runners/llama/bit_width_plan.h"
#include "runners/llama/llama_plan.h"
#include "runners/llama/sparsity_plan.h"
#include "runners/study/plugin_plan.h"
#include "runners/study/process_plan.h"
#include "runners/study/synthetic_plan.h"
#include "runners/study/table_plan.h"
#include "runners/study/tied_plan.h"

namespace rankadaptor::runners {

Result<std::unique_ptr<EvaluatorPlan>> MakeEvaluatorPlan(
    const v1::SearchConfig& config, const ConfigSource& source) {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<EvaluatorPlan> plan,
                      MakeUntiedPlan(config, source));
  if (config.search().tied().empty()) return plan;
  return TiePlan(std::move(plan), config, source);
}

Result<std::unique_ptr<EvaluatorPlan>> MakeUntiedPlan(
    const v1::SearchConfig& config, const ConfigSource& source) {
  const v1::EvaluatorConfig& evaluator = config.evaluator();
  if (config.has_isolation() &&
      (evaluator.has_plugin() || evaluator.has_process())) {
    return ConfigField(source)["isolation"].Invalid(
        "is for evaluators of this program; the one of a plug-in or process "
        "is a field of it");
  }
  if (config.evaluator().has_synthetic()) {
    return MakeSyntheticPlan(config.evaluator().synthetic(),
                             ConfigField(source)["evaluator"]["synthetic"]);
  }
  if (config.evaluator().has_bit_widths()) {
    return MakeBitWidthPlan(config, source);
  }
  if (config.evaluator().has_sparsity()) {
    return MakeSparsityPlan(config, source);
  }
  if (config.evaluator().has_table()) {
    return MakeTablePlan(config.evaluator().table(),
                         ConfigField(source)["evaluator"]["table"]);
  }
  if (config.evaluator().has_plugin()) {
    return MakePluginPlan(config, ConfigField(source)["evaluator"]["plugin"]);
  }
  if (config.evaluator().has_process()) {
    return MakeProcessPlan(config, ConfigField(source)["evaluator"]["process"]);
  }
  return LlamaPlan::Create(config, source);
}

}  // namespace rankadaptor::runners
