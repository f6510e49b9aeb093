// An evaluator in a shared library (evaluators/host) as that of a study.
#ifndef RANKADAPTOR_RUNNERS_STUDY_PLUGIN_PLAN_H_
#define RANKADAPTOR_RUNNERS_STUDY_PLUGIN_PLAN_H_

#include <memory>

#include "rankadaptor/common/result.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// In this process or, if it wants so and the config does not say otherwise, in
// processes of its own.
Result<std::unique_ptr<EvaluatorPlan>> MakePluginPlan(
    const v1::SearchConfig& config, const ConfigField& field);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_PLUGIN_PLAN_H_
