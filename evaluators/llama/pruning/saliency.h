// How much each row or column of one weight matters (spec 1.4, 1.5).
#ifndef RANKADAPTOR_LLAMA_PRUNING_SALIENCY_H_
#define RANKADAPTOR_LLAMA_PRUNING_SALIENCY_H_

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/llama/pruning.h"

namespace rankadaptor::llama::internal {

// A weight W with what its criterion needs, all of one shape, fp32.
struct ScoredWeight {
  at::Tensor weight;
  at::Tensor gradient;      // dL/dW, for Taylor criteria
  at::Tensor mean_squares;  // of the windows' gradients, for second order
  int64_t num_windows = 0;
};

bool IsTaylor(WidthCriterion criterion);
bool IsSecondOrder(WidthCriterion criterion);

// One score per index along `axis`; not for kRandom, which looks at no weight.
std::vector<double> ChannelScores(const ScoredWeight& weight,
                                  int64_t axis,
                                  const WidthPruneOptions& options);

// Sums of the absolute terms over all elements.
TermMagnitudes SumOfTerms(const ScoredWeight& weight,
                          const WidthPruneOptions& options);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_PRUNING_SALIENCY_H_
