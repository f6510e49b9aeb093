// The flagship evaluator: measures one LoRA rank per layer by really recovering
// a pruned model with these ranks and scoring it on held-out data, the paper's
// P(recover(PL, R_H)) (Eq. 4).
//
//   RA_ASSIGN_OR_RETURN(auto evaluator,
//                       LlamaEvaluator::Create(std::move(parts), options));
//   RA_ASSIGN_OR_RETURN(Measurement m, evaluator->Evaluate(x, trial));
//
// Metrics are those of HeldOutScorer.
//
// A short trial (TrialContext::fidelity()) makes that share of the updates of a
// full one, with the learning rate schedule of as many, and is scored on an
// even selection of that share of the items that drive the search.
//
// Thread-safe: trials share the frozen model and nothing that changes.
#ifndef RANKADAPTOR_LLAMA_LLAMA_EVALUATOR_H_
#define RANKADAPTOR_LLAMA_LLAMA_EVALUATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/held_out_scorer.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::llama {

// What an evaluator works with; it takes them over.
struct LlamaEvaluatorParts {
  Model model;  // pruned; what is recovered
  Tokenizer tokenizer;
  SearchSpace space;  // of MakeRankSpace(model.config(), ...)
  RecoveryData recovery_data;
  std::vector<Task> tasks;
  std::vector<HeldoutText> heldout_texts;  // tasks or texts: at least one
};

struct LlamaEvaluatorOptions : HeldOutOptions {
  std::vector<double> fidelities = {1};  // see EvaluatorCapabilities
  LoraOptions lora;                      // its ranks are each trial's
  RecoveryOptions recovery;              // its seed is each trial's
  // Called, if set, with the adapter of each trial before it is scored, on the
  // trial's thread; an error fails the trial. For keeping adapters.
  std::function<Status(const Configuration& configuration,
                       TrialContext& trial,
                       const Adapter& adapter)>
      on_recovered;
};

class LlamaEvaluator final : public Evaluator {
 public:
  // kInvalidArgument names the option, task or text that does not fit: an
  // objective that is not measured, a name used twice, items too few to split.
  static Result<std::unique_ptr<LlamaEvaluator>> Create(
      LlamaEvaluatorParts parts, LlamaEvaluatorOptions options);
  ~LlamaEvaluator() override;

  const EvaluatorCapabilities& capabilities() const override;
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override;

  // The adapter of a trial, made again from its configuration, seed and
  // fidelity.
  Result<Adapter> Recover(const Configuration& configuration,
                          uint64_t seed,
                          const TrainingHooks& hooks = {},
                          double fidelity = 1) const;

  // Measures any model of this tokenizer as it is, e.g. the dense one or the
  // pruned one before recovery. `adapter` may be null, `cancellation` too.
  // `share`: of the items that drive the search; the others are all used.
  Result<Measurement> Score(const Model& model,
                            const Adapter* adapter,
                            ItemSplit split,
                            const CancellationFlag* cancellation = nullptr,
                            double share = 1) const;

  // What a trial of this seed and fidelity trains with, for measuring other
  // methods of recovery on the same rows in the same order.
  RecoveryOptions RecoveryOf(uint64_t seed, double fidelity = 1) const;
  const RecoveryData& recovery_data() const;
  const LoraOptions& lora() const;  // without ranks

  const Model& model() const;
  const SearchSpace& space() const;
  // Number of items behind the metrics: documents and windows of the split.
  int64_t num_items(ItemSplit split) const;

 private:
  struct Impl;
  explicit LlamaEvaluator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_LLAMA_EVALUATOR_H_
