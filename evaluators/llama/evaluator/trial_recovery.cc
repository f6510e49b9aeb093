#include "evaluators/llama/evaluator/trial_recovery.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::llama::internal {
namespace {

// The share of a trial that recovery takes in its progress reports.
constexpr double kRecoveryShare = 0.8;

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

int64_t NumRows(const RecoveryData& data) {
  return static_cast<int64_t>(data.rows.size());
}

// The trial is measured: nobody goes on from here.
void RemoveCheckpoint(const RecoveryResult& result) {
  std::error_code ignored;
  std::filesystem::remove(result.checkpoint_file, ignored);
}

}  // namespace

// The schedule belongs to the updates that are made: its end is what makes a
// short recovery comparable.
RecoveryOptions TrialRecovery::OptionsFor(uint64_t seed,
                                          double fidelity) const {
  RecoveryOptions shorter = options;
  shorter.seed = DeriveSeed(seed, "recovery");
  if (fidelity == 1) return shorter;
  const auto num_updates =
      static_cast<double>(NumUpdates(NumRows(data), options));
  shorter.steps = std::max<int64_t>(1, std::llround(fidelity * num_updates));
  shorter.warmup_steps =
      std::llround(fidelity * static_cast<double>(options.warmup_steps));
  return shorter;
}

Result<RecoveryResult> TrialRecovery::Run(const Model& model,
                                          ModuleRanks ranks,
                                          uint64_t seed,
                                          double fidelity,
                                          const TrainingHooks& hooks) const {
  LoraOptions ranked = lora;
  ranked.module_ranks = std::move(ranks);
  RA_ASSIGN_OR_RETURN(
      const Adapter initial,
      Adapter::Create(model, ranked, DeriveSeed(seed, "initial adapter")));
  return Recover(model, initial, data, OptionsFor(seed, fidelity), hooks);
}

Result<Adapter> TrialRecovery::MakeAdapter(const Model& model,
                                           ModuleRanks ranks,
                                           uint64_t seed,
                                           double fidelity,
                                           const TrainingHooks& hooks) const {
  RA_ASSIGN_OR_RETURN(RecoveryResult result,
                      Run(model, std::move(ranks), seed, fidelity, hooks));
  RemoveCheckpoint(result);
  return std::move(result.adapter);
}

Result<Measurement> RecoverAndScore(
    const Model& model,
    ModuleRanks ranks,
    const TrialRecovery& recovery,
    const HeldOutScorer& scorer,
    const std::function<Status(const Adapter& adapter)>& on_recovered,
    TrialContext& trial) {
  TrialBridge bridge(trial);
  const int64_t num_updates =
      NumUpdates(NumRows(recovery.data),
                 recovery.OptionsFor(trial.seed(), trial.fidelity()));
  RA_ASSIGN_OR_RETURN(const RecoveryResult recovered,
                      recovery.Run(model,
                                   std::move(ranks),
                                   trial.seed(),
                                   trial.fidelity(),
                                   bridge.RecoveryHooks(num_updates)));
  if (on_recovered) RA_RETURN_IF_ERROR(on_recovered(recovered.adapter));
  RA_ASSIGN_OR_RETURN(Measurement measurement,
                      scorer.Score(model,
                                   &recovered.adapter,
                                   trial.split(),
                                   &bridge.flag(),
                                   trial.fidelity()));
  RemoveCheckpoint(recovered);
  bridge.Follow(1.0, measurement.objective);
  return measurement;
}

}  // namespace rankadaptor::llama::internal
