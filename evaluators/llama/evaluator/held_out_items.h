// The items that a LlamaEvaluator scores, split into those that drive the
// search and those of the final table.
#ifndef RANKADAPTOR_LLAMA_EVALUATOR_HELD_OUT_ITEMS_H_
#define RANKADAPTOR_LLAMA_EVALUATOR_HELD_OUT_ITEMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/llama_evaluator.h"

namespace rankadaptor::llama::internal {

struct HeldOutItems {
  std::vector<EncodedTask> tasks;
  std::vector<HeldoutText> texts;

  int64_t NumItems() const;
};

struct SplitItems {
  HeldOutItems search;
  HeldOutItems confirm;

  const HeldOutItems& Of(ItemSplit split) const {
    return split == ItemSplit::kSearch ? search : confirm;
  }
};

// Encodes and splits what `parts` holds.
Result<SplitItems> SplitHeldOutItems(const LlamaEvaluatorParts& parts,
                                     const LlamaEvaluatorOptions& options);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_EVALUATOR_HELD_OUT_ITEMS_H_
