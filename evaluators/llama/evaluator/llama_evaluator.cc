#include "rankadaptor/llama/llama_evaluator.h"

#include <utility>

#include "rankadaptor/llama/rank_space.h"

#include "evaluators/llama/evaluator/trial_recovery.h"

namespace rankadaptor::llama {
namespace {

Status CheckParts(const LlamaEvaluatorParts& parts) {
  if (!GranularityOf(parts.space.num_parameters(),
                     parts.model.config().num_layers())) {
    return InvalidArgument("a space of " +
                           std::to_string(parts.space.num_parameters()) +
                           " parameters for a model of " +
                           std::to_string(parts.model.config().num_layers()) +
                           " layers; allowed: 1, 2 or 7 for each layer");
  }
  if (parts.recovery_data.rows.empty()) {
    return InvalidArgument("the recovery data has no rows");
  }
  return {};
}

}  // namespace

struct LlamaEvaluator::Impl {
  Model model;
  SearchSpace space;
  internal::TrialRecovery recovery;
  HeldOutScorer scorer;
  decltype(LlamaEvaluatorOptions::on_recovered) on_recovered;
  EvaluatorCapabilities capabilities;

  ModuleRanks RanksOf(const Configuration& configuration) const {
    return ModuleRanksOf(space, configuration, model.config().num_layers());
  }
};

LlamaEvaluator::LlamaEvaluator(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
LlamaEvaluator::~LlamaEvaluator() = default;

Result<std::unique_ptr<LlamaEvaluator>> LlamaEvaluator::Create(
    LlamaEvaluatorParts parts, LlamaEvaluatorOptions options) {
  RA_RETURN_IF_ERROR(CheckParts(parts));
  RA_RETURN_IF_ERROR(CheckFidelities(options.fidelities));
  RA_ASSIGN_OR_RETURN(
      HeldOutScorer scorer,
      HeldOutScorer::Create(
          parts.tasks, parts.heldout_texts, parts.tokenizer, options));
  EvaluatorCapabilities capabilities{.name = "llama",
                                     .version = "1",
                                     .thread_safe = true,
                                     .deterministic = true,
                                     .fidelities = options.fidelities};
  return std::unique_ptr<LlamaEvaluator>(new LlamaEvaluator(
      std::make_unique<Impl>(Impl{std::move(parts.model),
                                  std::move(parts.space),
                                  {std::move(parts.recovery_data),
                                   std::move(options.lora),
                                   std::move(options.recovery)},
                                  std::move(scorer),
                                  std::move(options.on_recovered),
                                  std::move(capabilities)})));
}

const EvaluatorCapabilities& LlamaEvaluator::capabilities() const {
  return impl_->capabilities;
}

Result<Measurement> LlamaEvaluator::Evaluate(const Configuration& configuration,
                                             TrialContext& trial) {
  const auto keep = [&](const Adapter& adapter) -> Status {
    if (!impl_->on_recovered) return {};
    return impl_->on_recovered(configuration, trial, adapter);
  };
  return internal::RecoverAndScore(impl_->model,
                                   impl_->RanksOf(configuration),
                                   impl_->recovery,
                                   impl_->scorer,
                                   keep,
                                   trial);
}

Result<Adapter> LlamaEvaluator::Recover(const Configuration& configuration,
                                        uint64_t seed,
                                        const TrainingHooks& hooks,
                                        double fidelity) const {
  return impl_->recovery.MakeAdapter(
      impl_->model, impl_->RanksOf(configuration), seed, fidelity, hooks);
}

Result<Measurement> LlamaEvaluator::Score(const Model& model,
                                          const Adapter* adapter,
                                          ItemSplit split,
                                          const CancellationFlag* cancellation,
                                          double share) const {
  return impl_->scorer.Score(model, adapter, split, cancellation, share);
}

RecoveryOptions LlamaEvaluator::RecoveryOf(uint64_t seed,
                                           double fidelity) const {
  return impl_->recovery.OptionsFor(seed, fidelity);
}

const RecoveryData& LlamaEvaluator::recovery_data() const {
  return impl_->recovery.data;
}

const LoraOptions& LlamaEvaluator::lora() const { return impl_->recovery.lora; }

const Model& LlamaEvaluator::model() const { return impl_->model; }
const SearchSpace& LlamaEvaluator::space() const { return impl_->space; }

int64_t LlamaEvaluator::num_items(ItemSplit split) const {
  return impl_->scorer.num_items(split);
}

}  // namespace rankadaptor::llama
