// The evaluator of a plan in processes of its own (evaluators/process): each
// runs this program, which makes the same plan from the same config
// (EvaluateTrialsCommand). What a trial does to its process costs one trial.
#ifndef RANKADAPTOR_RUNNERS_STUDY_ISOLATED_PLAN_H_
#define RANKADAPTOR_RUNNERS_STUDY_ISOLATED_PLAN_H_

#include <memory>
#include <string>

#include "rankadaptor/v1/search.pb.h"

#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// `plan` is what MakeEvaluatorPlan() made of `config`, `document` the file's
// name as messages have it. Previews and references are still made in this
// process, which then makes the evaluator of `plan` itself as well.
std::unique_ptr<EvaluatorPlan> IsolatedPlan(std::unique_ptr<EvaluatorPlan> plan,
                                            v1::SearchConfig config,
                                            std::string document);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_ISOLATED_PLAN_H_
