// The space of a sparsity evaluator as a config says.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_SPARSITY_OPTIONS_H_
#define RANKADAPTOR_RUNNERS_LLAMA_SPARSITY_OPTIONS_H_

#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/sparsity_evaluator.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// Candidates and budgets; `field` is the evaluator's. kInvalidArgument names
// the field of a pruning that has no ratio for each layer (scope global,
// several steps) or would leave nothing of a layer.
Result<llama::SparsitySpaceOptions> SparsitySpaceOptionsFrom(
    const v1::SparsityEvaluator& config,
    const ConfigField& field,
    const llama::LlamaConfig& dense);

// The lowest ratio that keeps the budgets in every layer in range, if there is
// one, with the rank that a budget is named by; then the config's own.
// `options` are those of the space. Errors name the baseline's field.
Result<std::vector<Baseline>> SparsityBaselinesFrom(
    const v1::SparsityEvaluator& config,
    const ConfigField& field,
    const llama::SparsitySpaceOptions& options,
    const SearchSpace& space);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_SPARSITY_OPTIONS_H_
