#include "rankadaptor/llama/llama_evaluator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/rank_space.h"

namespace rankadaptor::llama {
namespace {

// The share of a trial that recovery takes in its progress reports.
constexpr double kRecoveryShare = 0.8;

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

// Lets long work follow a trial: reports progress and takes up cancellation.
class TrialBridge {
 public:
  explicit TrialBridge(TrialContext& trial) : trial_(trial) {}

  TrainingHooks RecoveryHooks(int64_t num_updates) {
    return {.observer =
                [this, num_updates](const TrainingStep& step) {
                  double done = static_cast<double>(step.step + 1) /
                                static_cast<double>(num_updates);
                  Follow(kRecoveryShare * done, -step.loss);
                },
            .cancellation = &flag_};
  }

  // Before and after stages that have no hooks of their own.
  void Follow(double fraction_done, double value) {
    if (trial_.cancelled()) flag_.Cancel();
    trial_.Report(fraction_done, value);
  }

  const CancellationFlag& flag() const { return flag_; }

 private:
  TrialContext& trial_;
  CancellationFlag flag_;
};

// The trial is measured: nobody goes on from here.
void RemoveCheckpoint(const RecoveryResult& result) {
  std::error_code ignored;
  std::filesystem::remove(result.checkpoint_file, ignored);
}

}  // namespace

struct LlamaEvaluator::Impl {
  LlamaEvaluatorParts parts;
  LlamaEvaluatorOptions options;
  HeldOutScorer scorer;
  EvaluatorCapabilities capabilities;

  Result<RecoveryResult> Recover(const Configuration& configuration,
                                 uint64_t seed,
                                 const TrainingHooks& hooks,
                                 double fidelity) const {
    LoraOptions lora = options.lora;
    lora.module_ranks = ModuleRanksOf(
        parts.space, configuration, parts.model.config().num_layers());
    const RecoveryOptions recovery = RecoveryOf(seed, fidelity);
    RA_ASSIGN_OR_RETURN(
        const Adapter initial,
        Adapter::Create(
            parts.model, lora, DeriveSeed(seed, "initial adapter")));
    return llama::Recover(
        parts.model, initial, parts.recovery_data, recovery, hooks);
  }

  RecoveryOptions RecoveryOf(uint64_t seed, double fidelity) const;
};

// The schedule belongs to the updates that are made: its end is what makes a
// short recovery comparable.
RecoveryOptions LlamaEvaluator::Impl::RecoveryOf(uint64_t seed,
                                                 double fidelity) const {
  RecoveryOptions recovery = options.recovery;
  recovery.seed = DeriveSeed(seed, "recovery");
  if (fidelity == 1) return recovery;
  const auto num_rows = static_cast<int64_t>(parts.recovery_data.rows.size());
  const auto num_updates = static_cast<double>(NumUpdates(num_rows, recovery));
  recovery.steps = std::max<int64_t>(1, std::llround(fidelity * num_updates));
  recovery.warmup_steps =
      std::llround(fidelity * static_cast<double>(recovery.warmup_steps));
  return recovery;
}

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
      std::make_unique<Impl>(Impl{std::move(parts),
                                  std::move(options),
                                  std::move(scorer),
                                  std::move(capabilities)})));
}

const EvaluatorCapabilities& LlamaEvaluator::capabilities() const {
  return impl_->capabilities;
}

Result<Measurement> LlamaEvaluator::Evaluate(const Configuration& configuration,
                                             TrialContext& trial) {
  TrialBridge bridge(trial);
  const int64_t num_updates =
      NumUpdates(static_cast<int64_t>(impl_->parts.recovery_data.rows.size()),
                 impl_->RecoveryOf(trial.seed(), trial.fidelity()));
  RA_ASSIGN_OR_RETURN(const RecoveryResult recovered,
                      impl_->Recover(configuration,
                                     trial.seed(),
                                     bridge.RecoveryHooks(num_updates),
                                     trial.fidelity()));
  if (impl_->options.on_recovered) {
    RA_RETURN_IF_ERROR(
        impl_->options.on_recovered(configuration, trial, recovered.adapter));
  }
  RA_ASSIGN_OR_RETURN(Measurement measurement,
                      impl_->scorer.Score(impl_->parts.model,
                                          &recovered.adapter,
                                          trial.split(),
                                          &bridge.flag(),
                                          trial.fidelity()));
  RemoveCheckpoint(recovered);
  bridge.Follow(1.0, measurement.objective);
  return measurement;
}

Result<Adapter> LlamaEvaluator::Recover(const Configuration& configuration,
                                        uint64_t seed,
                                        const TrainingHooks& hooks,
                                        double fidelity) const {
  RA_ASSIGN_OR_RETURN(RecoveryResult result,
                      impl_->Recover(configuration, seed, hooks, fidelity));
  RemoveCheckpoint(result);
  return std::move(result.adapter);
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
  return impl_->RecoveryOf(seed, fidelity);
}

const RecoveryData& LlamaEvaluator::recovery_data() const {
  return impl_->parts.recovery_data;
}

const LoraOptions& LlamaEvaluator::lora() const { return impl_->options.lora; }

const Model& LlamaEvaluator::model() const { return impl_->parts.model; }
const SearchSpace& LlamaEvaluator::space() const { return impl_->parts.space; }

int64_t LlamaEvaluator::num_items(ItemSplit split) const {
  return impl_->scorer.num_items(split);
}

}  // namespace rankadaptor::llama
