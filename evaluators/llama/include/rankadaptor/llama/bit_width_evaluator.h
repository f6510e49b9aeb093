// Searches one weight bit-width per layer: a trial rounds the layers of a model
// (quantisation.h) and measures what is left of it on held-out data. It shows
// what a second kind of per-layer hyperparameter takes; the paper names it as
// future work.
//
//   RA_ASSIGN_OR_RETURN(SearchSpace space,
//                       MakeBitWidthSpace(model.config(), {}));
//   RA_ASSIGN_OR_RETURN(auto evaluator,
//                       BitWidthEvaluator::Create(std::move(parts), {}));
//
// Thread-safe: trials share the full model and change nothing of it. A trial
// holds a rounded copy of the layers' weights. Its measurement does not depend
// on its seed.
#ifndef RANKADAPTOR_LLAMA_BIT_WIDTH_EVALUATOR_H_
#define RANKADAPTOR_LLAMA_BIT_WIDTH_EVALUATOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/held_out_scorer.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/quantisation.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::llama {

struct BitWidthSpaceOptions {
  // Strictly ascending, kMinBits to kMaxBits.
  std::vector<int> candidates = {2, 3, 4, 6, 8};
  QuantisationOptions quantisation;
  // Most bytes that the layers' matrices may take; none: unlimited.
  std::optional<int64_t> max_bytes;
};

// One parameter named "layer <i>" per layer; the budget's weights are
// QuantisedLayerBytes(). kInvalidArgument names what is out of range.
Result<SearchSpace> MakeBitWidthSpace(const LlamaConfig& config,
                                      const BitWidthSpaceOptions& options);

// The width of each layer in a configuration of such a space.
std::vector<int> BitWidthsOf(const SearchSpace& space,
                             const Configuration& configuration);

// What an evaluator works with; it takes them over.
struct BitWidthEvaluatorParts {
  Model model;  // in full precision
  SearchSpace space;
  HeldOutScorer scorer;
};

class BitWidthEvaluator final : public Evaluator {
 public:
  // kInvalidArgument if the space is not one of the model's layers.
  static Result<std::unique_ptr<BitWidthEvaluator>> Create(
      BitWidthEvaluatorParts parts, const QuantisationOptions& options);

  const EvaluatorCapabilities& capabilities() const override;
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override;

  // The model as it is, before rounding.
  Result<Measurement> ScoreFullPrecision(
      ItemSplit split, const CancellationFlag* cancellation) const;

 private:
  BitWidthEvaluator(BitWidthEvaluatorParts parts,
                    const QuantisationOptions& options);

  const BitWidthEvaluatorParts parts_;
  const QuantisationOptions options_;
  const EvaluatorCapabilities capabilities_;
};

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_BIT_WIDTH_EVALUATOR_H_
