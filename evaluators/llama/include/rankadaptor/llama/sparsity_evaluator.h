// Searches one pruning ratio per layer at a fixed number of parameters, alone
// or together with the LoRA rank of each layer: a trial prunes each layer by
// its ratio (sparsity.h; all trials by the same scores), recovers what is left
// and scores it on held-out data.
//
//   RA_ASSIGN_OR_RETURN(SearchSpace space,
//                       MakeSparsitySpace(model.config(), options));
//   RA_ASSIGN_OR_RETURN(
//       auto evaluator,
//       SparsityEvaluator::Create(std::move(parts), std::move(options)));
//
// Thread-safe: trials share the dense model and the scores and change nothing
// of them. A trial holds a pruned copy of the layers' weights.
#ifndef RANKADAPTOR_LLAMA_SPARSITY_EVALUATOR_H_
#define RANKADAPTOR_LLAMA_SPARSITY_EVALUATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/held_out_scorer.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::llama {

struct SparsitySpaceOptions {
  // The layers in range and the multiple of channels; layers out of both ranges
  // have the ratio 0 only.
  WidthPruneOptions pruning;
  // Strictly ascending, in [0, 1).
  std::vector<double> ratios = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  // Strictly ascending, >= 0, at least one; searched if there are several.
  std::vector<int> ranks = {8};
  // At most how many parameters may remain of the model, how many trainable
  // ones its adapter may have, and both together; none: unlimited.
  std::optional<int64_t> max_parameters;
  std::optional<int64_t> max_adapter_parameters;
  std::optional<int64_t> max_parameters_with_adapter;
};

// What a configuration of such a space says of each layer.
struct SparsityChoice {
  std::vector<double> ratios;  // [num_layers]
  std::vector<int> ranks;      // [num_layers]
};

// Parameters "layer <i> ratio" of all layers, then, where ranks are searched,
// "layer <i> rank" of all layers. Descriptors: "relative depth" (0 to 1), "log
// parameters" (natural logarithm of the weights of the dense layer) and, where
// ranks are searched, "is rank" (0 or 1). A budget's weights are the parameters
// that really remain with each ratio, whole heads and channels; those outside
// the layers are in the first parameter's. kInvalidArgument names the candidate
// that is out of range or would leave nothing of a layer, or the budget that
// nothing keeps.
Result<SearchSpace> MakeSparsitySpace(const LlamaConfig& config,
                                      const SparsitySpaceOptions& options);

// `options` are those that the space was made with.
SparsityChoice SparsityChoiceOf(const SearchSpace& space,
                                const Configuration& configuration,
                                const SparsitySpaceOptions& options);

// What an evaluator works with; it takes them over.
struct SparsityEvaluatorParts {
  Model model;            // dense
  Importance importance;  // of the model, with SparsitySpaceOptions::pruning
  SearchSpace space;
  RecoveryData recovery_data;
  HeldOutScorer scorer;
};

struct SparsityEvaluatorOptions {
  SparsitySpaceOptions space;            // that of the parts
  std::vector<double> fidelities = {1};  // see EvaluatorCapabilities
  LoraOptions lora;                      // its ranks are each trial's
  RecoveryOptions recovery;              // its seed is each trial's
  // Called, if set, with what a trial kept and learned before it is scored, on
  // the trial's thread; an error fails the trial.
  std::function<Status(const Configuration& configuration,
                       TrialContext& trial,
                       const KeptIndices& kept,
                       const Adapter& adapter)>
      on_recovered;
};

class SparsityEvaluator final : public Evaluator {
 public:
  // kInvalidArgument if the space is not one of the model's layers, the scores
  // are not the model's, or there is nothing to recover with.
  static Result<std::unique_ptr<SparsityEvaluator>> Create(
      SparsityEvaluatorParts parts, SparsityEvaluatorOptions options);
  ~SparsityEvaluator() override;

  const EvaluatorCapabilities& capabilities() const override;
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override;

  // What a trial of this configuration keeps of the dense model.
  Result<KeptIndices> Kept(const Configuration& configuration) const;

  // The adapter of a trial, made again from its configuration, seed and
  // fidelity.
  Result<Adapter> Recover(const Configuration& configuration,
                          uint64_t seed,
                          const TrainingHooks& hooks = {},
                          double fidelity = 1) const;

  // Measures any model of this tokenizer as it is.
  Result<Measurement> Score(const Model& model,
                            ItemSplit split,
                            const CancellationFlag* cancellation) const;

  const Model& dense() const;

 private:
  struct Impl;
  explicit SparsityEvaluator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_SPARSITY_EVALUATOR_H_
