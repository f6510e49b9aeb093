// The recoveries of golden/recover with their models and batches.
#ifndef RANKADAPTOR_TESTS_GOLDEN_RECOVERY_GOLDEN_RUN_H_
#define RANKADAPTOR_TESTS_GOLDEN_RECOVERY_GOLDEN_RUN_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/recovery.h"

namespace rankadaptor::testing {

// golden/README: NLL 5e-6; loss 1e-5, gradient norm 1e-5 relative, final
// tensors 1e-4 of the update's norm.
inline constexpr double kNllTolerance = 5e-6;
inline constexpr double kLossTolerance = 1e-5;
inline constexpr double kGradNormTolerance = 1e-5;
inline constexpr double kUpdateTolerance = 1e-4;

// One entry of recover.json's "runs" with its model.
struct GoldenRun {
  std::string name;  // "pruned", "dense"
  std::filesystem::path folder;
  const nlohmann::json& file;
  const nlohmann::json& data;
  llama::Model model;
  std::vector<std::vector<int32_t>> sentences;

  // "lora_pruned_init" for method "lora" and stage "init".
  std::filesystem::path AdapterFolder(const std::string& method,
                                      const std::string& stage) const {
    return folder / (method + "_" + name + "_" + stage);
  }
};

// Calls body(run) for every run whose adapter `stage` of `method` was kept.
void ForEachRun(const std::string& method,
                const std::string& stage,
                const std::function<void(const GoldenRun&)>& body);

// The batches and options of a run's training.
std::vector<llama::TokenBatch> BatchesOf(const GoldenRun& run);
llama::RecoveryOptions OptionsOf(const GoldenRun& run);

// Mean losses of the run's sentences against run.data[key]. `adapter` may be
// null.
void ExpectNlls(const GoldenRun& run,
                const llama::Model& model,
                const llama::Adapter* adapter,
                const std::string& key);

// Losses, gradient norms, rates and counts of each update.
void ExpectLog(const std::vector<llama::TrainingStep>& log,
               const nlohmann::json& expected);

// ||actual - final|| against the tolerance times ||final - initial||.
void ExpectSameUpdate(const at::Tensor& actual,
                      const at::Tensor& final,
                      const at::Tensor& initial);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_GOLDEN_RECOVERY_GOLDEN_RUN_H_
