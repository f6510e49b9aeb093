// A cheap look at many rank vectors before the first trial: one nested recovery
// (nested_recovery.h) for the whole space, then the score of any vector is that
// of a truncation, without training. What it says is like, not the same as,
// what a recovery of the vector would measure: a source for a strategy to learn
// from (StudyOptions::sources).
//
//   RA_ASSIGN_OR_RETURN(SourceStudy source,
//                       PreviewByNestedRanks(*evaluator, {.seed = seed}));
//
// Thread-safe: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_NESTED_PREVIEW_H_
#define RANKADAPTOR_LLAMA_NESTED_PREVIEW_H_

#include <cstdint>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/llama_evaluator.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"

namespace rankadaptor::llama {

struct NestedPreviewOptions {
  int64_t steps = 0;      // updates of the recovery; 0: four times a trial's
  int num_vectors = 200;  // scored
  // Of the items that drive the search: all vectors are scored on the same
  // ones, so that few are enough to tell them apart.
  double item_share = 0.25;
  uint64_t seed = 0;
};

// Trains shared adapters on the evaluator's rows with its options, each update
// with ranks drawn from its space, every choice of a parameter as likely as the
// others. Errors as RecoverNested().
Result<RecoveryResult> RecoverForPreview(const LlamaEvaluator& evaluator,
                                         const NestedPreviewOptions& options,
                                         const TrainingHooks& hooks = {});

// What the vector measures as a truncation of these adapters, on `item_share`
// of the items that drive the search.
Result<Measurement> ScoreTruncated(
    const LlamaEvaluator& evaluator,
    const Adapter& nested,
    const Configuration& configuration,
    double item_share,
    const CancellationFlag* cancellation = nullptr);

// Objectives of `num_vectors` different configurations, drawn as the ranks of
// updates are (fewer if the space has no more); they need not keep its
// constraints. The same for the same arguments. The checkpoint of the recovery,
// if there is one, is removed at the end.
Result<SourceStudy> PreviewByNestedRanks(const LlamaEvaluator& evaluator,
                                         const NestedPreviewOptions& options,
                                         const TrainingHooks& hooks = {});

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_NESTED_PREVIEW_H_
