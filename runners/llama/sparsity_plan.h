// One pruning ratio per layer of a model, alone or with the layer's rank
// (llama/sparsity_evaluator.h), as the evaluator of a study.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_SPARSITY_PLAN_H_
#define RANKADAPTOR_RUNNERS_LLAMA_SPARSITY_PLAN_H_

#include <memory>

#include "rankadaptor/common/result.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// `config` has a sparsity evaluator. Reads the model's config, tasks and file
// names, no weights; errors name the field.
Result<std::unique_ptr<EvaluatorPlan>> MakeSparsityPlan(
    const v1::SearchConfig& config, const ConfigSource& source);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_SPARSITY_PLAN_H_
