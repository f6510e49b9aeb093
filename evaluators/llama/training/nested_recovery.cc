#include "rankadaptor/llama/nested_recovery.h"

#include <memory>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/lora_checks.h"
#include "evaluators/llama/training/recovery_loop.h"
#include "evaluators/llama/training/trainable.h"

namespace rankadaptor::llama {
namespace {

using internal::LoraModule;
using internal::LoraModules;

int64_t RankOf(const LoraModule& module) {
  return module.defined() ? module.a.size(0) : 0;
}

Status CheckRanks(const LoraModules& modules, const ModuleRanks& ranks) {
  if (ranks.size() != modules.layers.size()) {
    return InvalidArgument("ranks for " + std::to_string(ranks.size()) +
                           " layers, the adapter has " +
                           std::to_string(modules.layers.size()));
  }
  for (size_t layer = 0; layer < ranks.size(); ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      const int64_t most = RankOf(modules.layers[layer][p]);
      if (ranks[layer][p] >= 0 && ranks[layer][p] <= most) continue;
      return InvalidArgument(internal::ModuleName(static_cast<int>(layer),
                                                  static_cast<Projection>(p)) +
                             ": rank " + std::to_string(ranks[layer][p]) +
                             " is not in [0, " + std::to_string(most) +
                             "], what was trained");
    }
  }
  return {};
}

// Views of the leading rows, with a graph where the matrices have one.
LoraModules Leading(const LoraModules& modules,
                    const LoraOptions& lora,
                    const ModuleRanks& ranks) {
  LoraModules leading;
  leading.dropout = modules.dropout;
  leading.layers.resize(modules.layers.size());
  for (size_t layer = 0; layer < ranks.size(); ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      const int rank = ranks[layer][p];
      if (rank == 0) continue;
      const LoraModule& module = modules.layers[layer][p];
      leading.layers[layer][p] = {module.a.narrow(0, 0, rank),
                                  module.b.narrow(1, 0, rank),
                                  LoraScale(lora, rank)};
    }
  }
  return leading;
}

class NestedTrainable final : public internal::Trainable {
 public:
  // `lora` and `sampler` are borrowed.
  NestedTrainable(LoraModules modules,
                  const LoraOptions& lora,
                  const RankSampler& sampler,
                  uint64_t seed)
      : modules_(std::move(modules)),
        lora_(lora),
        sampler_(sampler),
        seed_(seed) {}

  std::vector<at::Tensor*> Parameters() override {
    return internal::TensorsOf(modules_);
  }
  void BeginUpdate(int64_t step) override { ranks_ = Draw(step); }
  LoraModules Adapters() const override {
    return Leading(modules_, lora_, ranks_);
  }
  void Identify(internal::RunIdentity& identity) const override {
    identity.Add("nested", int64_t{1});
    identity.Add("alpha", lora_.alpha);
    identity.Add("dropout", modules_.dropout);
    identity.Add("policy", static_cast<int64_t>(lora_.scale_policy));
    for (const auto& layer : Draw(0)) {
      for (int rank : layer) identity.Add("rank", int64_t{rank});
    }
  }

  ModuleRanks Draw(int64_t step) const {
    RandomStream stream(seed_, "nested ranks", static_cast<uint64_t>(step));
    return sampler_(stream);
  }
  const LoraModules& modules() const { return modules_; }

 private:
  LoraModules modules_;
  const LoraOptions& lora_;
  const RankSampler& sampler_;
  uint64_t seed_;
  ModuleRanks ranks_;
};

Result<RecoveryResult> Train(const Model& model,
                             const Adapter& initial,
                             const internal::UpdateSource& updates,
                             const RecoveryOptions& options,
                             const TrainingHooks& hooks,
                             NestedTrainable& trainable) {
  for (int64_t step = 0; step < updates.num_updates; ++step) {
    RA_RETURN_IF_ERROR(CheckRanks(trainable.modules(), trainable.Draw(step)));
  }
  if (trainable.Parameters().empty()) return RecoveryResult{initial, {}, 0, {}};
  RA_ASSIGN_OR_RETURN(
      internal::RecoveryLog log,
      internal::RunRecovery(model, updates, options, hooks, trainable));
  Adapter adapter(std::make_shared<const LoraModules>(
      internal::Detached(trainable.modules())));
  return RecoveryResult{std::move(adapter),
                        std::move(log.steps),
                        log.tokens_per_second,
                        std::move(log.checkpoint_file)};
}

}  // namespace

Result<RecoveryResult> RecoverNested(const Model& model,
                                     const LoraOptions& lora,
                                     const RankSampler& sampler,
                                     const RecoveryData& data,
                                     const RecoveryOptions& options,
                                     const TrainingHooks& hooks) {
  RA_ASSIGN_OR_RETURN(const Adapter initial,
                      Adapter::Create(model, lora, options.seed));
  RA_ASSIGN_OR_RETURN(const internal::UpdateSource updates,
                      internal::UpdatesOf(model, data, options));
  return internal::CatchTorch([&]() -> Result<RecoveryResult> {
    NestedTrainable trainable(
        internal::CopyTo(internal::ToDevice(model.device()), initial.modules()),
        lora,
        sampler,
        options.seed);
    return Train(model, initial, updates, options, hooks, trainable);
  });
}

Result<Adapter> Truncate(const Adapter& nested,
                         const LoraOptions& lora,
                         const ModuleRanks& ranks) {
  RA_RETURN_IF_ERROR(CheckRanks(nested.modules(), ranks));
  return internal::CatchTorch([&]() -> Result<Adapter> {
    return Adapter(std::make_shared<const LoraModules>(
        Leading(nested.modules(), lora, ranks)));
  });
}

}  // namespace rankadaptor::llama
