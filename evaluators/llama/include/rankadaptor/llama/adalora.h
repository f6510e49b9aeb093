// AdaLoRA (Zhang et al., 2023; spec 6): recovery that finds the ranks while it
// trains. Every module begins with the same rank, as A, B and a factor E per
// direction; the training loop takes away the directions that matter least to
// the loss until the mean rank is the target.
//
//   RA_ASSIGN_OR_RETURN(auto initial,
//                       AdaLoraAdapter::Create(model, {}, seed));
//   RA_ASSIGN_OR_RETURN(AdaLoraResult result,
//                       RecoverAdaLora(model, initial, data, {.seed = seed}));
//
// Const members and functions are thread-safe; copies share the matrices.
#ifndef RANKADAPTOR_LLAMA_ADALORA_H_
#define RANKADAPTOR_LLAMA_ADALORA_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama {

namespace internal {
struct SvdModules;
}

struct AdaLoraOptions {
  int initial_rank = 12;  // of every module, above target_rank
  int target_rank = 8;    // mean over the modules after training
  // Updates before ranks begin to fall, and updates that train what is left.
  // Unset: a fifth and three tenths of the run, so that ranks fall during half
  // of it.
  std::optional<int64_t> initial_updates;
  std::optional<int64_t> final_updates;
  int64_t allocation_interval = 1;  // updates between two allocations
  double beta1 = 0.85;              // smooths a direction's importance
  double beta2 = 0.85;              // and its uncertainty
  double orthogonality_weight = 0.5;
  double alpha = 16;
  double dropout = 0.05;
};

// When ranks fall, resolved for a run.
struct AdaLoraSchedule {
  int64_t total_updates = 0;
  int64_t initial_updates = 0;
  int64_t final_updates = 0;
  int64_t interval = 1;

  friend bool operator==(const AdaLoraSchedule&,
                         const AdaLoraSchedule&) = default;
};

// kInvalidArgument names the option that cannot work with this many updates:
// at least one update must train before ranks fall, at least one after, and
// ranks must have an update to fall in. (PEFT accepts a schedule without final
// updates and then never reaches the target.)
Result<AdaLoraSchedule> MakeAdaLoraSchedule(const AdaLoraOptions& options,
                                            int64_t total_updates);

// Directions that may stay after update `step` (0-based) of `num_modules`
// modules: a cubic from initial_rank to target_rank per module (spec 6.6).
int64_t AdaLoraBudget(const AdaLoraOptions& options,
                      const AdaLoraSchedule& schedule,
                      int64_t num_modules,
                      int64_t step);

class AdaLoraAdapter {
 public:
  // PEFT's initialisation: A and B normal with standard deviation 0.02, E zero,
  // fp32 on the model's device. The random numbers of a module depend on (seed,
  // layer, projection) only. kInvalidArgument names the option.
  static Result<AdaLoraAdapter> Create(const Model& model,
                                       const AdaLoraOptions& options,
                                       uint64_t seed);

  // Reads a PEFT folder of peft_type ADALORA (spec 6.8), before or after
  // training, with the checks of Adapter::Load().
  static Result<AdaLoraAdapter> Load(const std::filesystem::path& folder,
                                     const Model& model);

  explicit AdaLoraAdapter(std::shared_ptr<const internal::SvdModules> modules);

  // Writes the folder that PEFT would: the directions that are left, and which
  // those are. `schedule` goes into adapter_config.json; PEFT refuses a file
  // without.
  Status Save(const std::filesystem::path& folder,
              std::string_view base_model_name,
              const AdaLoraSchedule& schedule) const;

  // The same update as LoRA matrices, for scoring, merging and for readers
  // that know only LoRA. Modules without a direction are not adapted.
  Adapter ToLora() const;

  const AdaLoraOptions& options() const;
  ModuleRanks ranks() const;  // directions left in each module
  int64_t NumModules() const;
  int64_t NumParameters() const;

  // For the other parts of this evaluator (training/svd_modules.h).
  const internal::SvdModules& modules() const { return *modules_; }

 private:
  // Shared because copies are cheap views of the same matrices.
  std::shared_ptr<const internal::SvdModules> modules_;
};

// One allocation: which directions stayed.
struct AdaLoraAllocation {
  int64_t step = 0;
  int64_t budget = 0;
  double threshold = 0;  // directions at most this important were taken away
};

struct AdaLoraResult {
  AdaLoraAdapter adapter;
  AdaLoraSchedule schedule;
  std::vector<TrainingStep> log;  // losses include the penalty, as PEFT's do
  std::vector<AdaLoraAllocation> allocations;
  double tokens_per_second = 0;
  std::filesystem::path checkpoint_file;  // as in RecoveryResult
};

// As Recover(): the same rows in the same order for the same options. Every
// update ends with an allocation where the schedule has one, so the target is
// reached. kInvalidArgument also for a schedule that does not fit the run, and
// for an adapter that was trained before.
Result<AdaLoraResult> RecoverAdaLora(const Model& model,
                                     const AdaLoraAdapter& initial,
                                     const RecoveryData& data,
                                     const RecoveryOptions& options,
                                     const TrainingHooks& hooks = {});
Result<AdaLoraResult> RecoverAdaLoraOnBatches(
    const Model& model,
    const AdaLoraAdapter& initial,
    std::span<const TokenBatch> batches,
    const RecoveryOptions& options,
    const TrainingHooks& hooks = {});

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_ADALORA_H_
