#include "rankadaptor/llama/sparsity_evaluator.h"

#include <string>
#include <utility>

#include "rankadaptor/llama/sparsity.h"

#include "evaluators/llama/evaluator/trial_recovery.h"

namespace rankadaptor::llama {
namespace {

Status CheckParts(const SparsityEvaluatorParts& parts,
                  const SparsitySpaceOptions& options) {
  const int num_layers = parts.model.config().num_layers();
  const int per_layer = options.ranks.size() > 1 ? 2 : 1;
  if (parts.space.num_parameters() != per_layer * num_layers) {
    return InvalidArgument(
        "a space of " + std::to_string(parts.space.num_parameters()) +
        " parameters for a model of " + std::to_string(num_layers) +
        " layers; allowed: " + std::to_string(per_layer) + " for each layer");
  }
  if (std::ssize(parts.importance.layers) != num_layers) {
    return InvalidArgument(
        "scores of " + std::to_string(parts.importance.layers.size()) +
        " layers for a model of " + std::to_string(num_layers));
  }
  if (parts.recovery_data.rows.empty()) {
    return InvalidArgument("the recovery data has no rows");
  }
  return {};
}

}  // namespace

struct SparsityEvaluator::Impl {
  Model dense;
  Importance importance;
  SearchSpace space;
  SparsitySpaceOptions space_options;
  internal::TrialRecovery recovery;
  HeldOutScorer scorer;
  decltype(SparsityEvaluatorOptions::on_recovered) on_recovered;
  EvaluatorCapabilities capabilities;

  SparsityChoice ChoiceOf(const Configuration& configuration) const {
    return SparsityChoiceOf(space, configuration, space_options);
  }

  Result<KeptIndices> Kept(const SparsityChoice& choice) const {
    return SelectByRatios(
        dense.config(), importance, choice.ratios, space_options.pruning);
  }
};

SparsityEvaluator::SparsityEvaluator(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
SparsityEvaluator::~SparsityEvaluator() = default;

Result<std::unique_ptr<SparsityEvaluator>> SparsityEvaluator::Create(
    SparsityEvaluatorParts parts, SparsityEvaluatorOptions options) {
  RA_RETURN_IF_ERROR(CheckParts(parts, options.space));
  RA_RETURN_IF_ERROR(CheckFidelities(options.fidelities));
  EvaluatorCapabilities capabilities{.name = "sparsity",
                                     .version = "1",
                                     .thread_safe = true,
                                     .deterministic = true,
                                     .fidelities = options.fidelities};
  return std::unique_ptr<SparsityEvaluator>(new SparsityEvaluator(
      std::make_unique<Impl>(Impl{std::move(parts.model),
                                  std::move(parts.importance),
                                  std::move(parts.space),
                                  std::move(options.space),
                                  {std::move(parts.recovery_data),
                                   std::move(options.lora),
                                   std::move(options.recovery)},
                                  std::move(parts.scorer),
                                  std::move(options.on_recovered),
                                  std::move(capabilities)})));
}

const EvaluatorCapabilities& SparsityEvaluator::capabilities() const {
  return impl_->capabilities;
}

Result<Measurement> SparsityEvaluator::Evaluate(
    const Configuration& configuration, TrialContext& trial) {
  const SparsityChoice choice = impl_->ChoiceOf(configuration);
  RA_ASSIGN_OR_RETURN(const KeptIndices kept, impl_->Kept(choice));
  RA_ASSIGN_OR_RETURN(const Model pruned, ApplyKept(impl_->dense, kept));
  if (trial.cancelled()) return Cancelled("the trial was given up");
  const auto keep = [&](const Adapter& adapter) -> Status {
    if (!impl_->on_recovered) return {};
    return impl_->on_recovered(configuration, trial, kept, adapter);
  };
  return internal::RecoverAndScore(pruned,
                                   PerModule(choice.ranks),
                                   impl_->recovery,
                                   impl_->scorer,
                                   keep,
                                   trial);
}

Result<KeptIndices> SparsityEvaluator::Kept(
    const Configuration& configuration) const {
  return impl_->Kept(impl_->ChoiceOf(configuration));
}

Result<Adapter> SparsityEvaluator::Recover(const Configuration& configuration,
                                           uint64_t seed,
                                           const TrainingHooks& hooks,
                                           double fidelity) const {
  const SparsityChoice choice = impl_->ChoiceOf(configuration);
  RA_ASSIGN_OR_RETURN(const KeptIndices kept, impl_->Kept(choice));
  RA_ASSIGN_OR_RETURN(const Model pruned, ApplyKept(impl_->dense, kept));
  return impl_->recovery.MakeAdapter(
      pruned, PerModule(choice.ranks), seed, fidelity, hooks);
}

Result<Measurement> SparsityEvaluator::Score(
    const Model& model,
    ItemSplit split,
    const CancellationFlag* cancellation) const {
  return impl_->scorer.Score(model, nullptr, split, cancellation);
}

const Model& SparsityEvaluator::dense() const { return impl_->dense; }

}  // namespace rankadaptor::llama
