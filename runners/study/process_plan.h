// An evaluator in processes of its own (evaluators/process) as that of a study.
#ifndef RANKADAPTOR_RUNNERS_STUDY_PROCESS_PLAN_H_
#define RANKADAPTOR_RUNNERS_STUDY_PROCESS_PLAN_H_

#include <memory>

#include "rankadaptor/common/result.h"
#include "rankadaptor/process/process_evaluator.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// Starts the program to learn its space.
Result<std::unique_ptr<EvaluatorPlan>> MakeProcessPlan(
    const v1::SearchConfig& config, const ConfigField& field);

// The plan of an evaluator that was started already; `description` is for
// people.
std::unique_ptr<EvaluatorPlan> PlanOf(
    std::unique_ptr<process::ProcessEvaluator> evaluator,
    std::string description);

// The limits of `isolation` and the number of workers.
process::ProcessOptions ProcessOptionsFrom(const v1::Isolation& isolation,
                                           const v1::SearchConfig& config);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_PROCESS_PLAN_H_
