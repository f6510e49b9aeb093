// The tensor file of a PEFT folder, and what its readers and writers share.
#ifndef RANKADAPTOR_LLAMA_TRAINING_PEFT_TENSORS_H_
#define RANKADAPTOR_LLAMA_TRAINING_PEFT_TENSORS_H_

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/safetensors.h"

#include "evaluators/llama/training/lora_checks.h"

namespace rankadaptor::llama::internal {

inline constexpr const char* kPeftConfigFile = "adapter_config.json";
inline constexpr const char* kPeftTensorFile = "adapter_model.safetensors";

// Hands out the tensors of an adapter, each once, and knows which are left.
class PeftTensors {
 public:
  static Result<PeftTensors> Open(const std::filesystem::path& folder,
                                  at::Device device);

  // In fp32 on the device; undefined if it is not there.
  Result<at::Tensor> Take(const std::string& name);
  // Every tensor must have been taken.
  Status CheckNothingLeft() const;

  const std::string& file() const { return name_; }

 private:
  PeftTensors(std::string name, SafetensorsFile file, at::Device device)
      : name_(std::move(name)), file_(std::move(file)), device_(device) {}

  std::string name_;
  SafetensorsFile file_;
  at::Device device_;
  std::set<std::string> taken_;
};

// Calls body(layer, name, module) for every module of `modules` (const or
// not), adapted or not, until one returns an error.
template <typename Modules, typename Body>
Status ForEachModule(Modules& modules, Body&& body) {
  for (size_t layer = 0; layer < modules.layers.size(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      const int index = static_cast<int>(layer);
      RA_RETURN_IF_ERROR(body(index,
                              ModuleName(index, projection),
                              modules.layers[layer][static_cast<size_t>(p)]));
    }
  }
  return {};
}

// `target_modules` for the modules of these names in a model of so many
// layers: short names if every module is adapted, else full ones in order,
// because PEFT adapts all modules that a short name matches.
std::vector<std::string> TargetModules(std::vector<std::string> adapted,
                                       size_t num_layers);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_PEFT_TENSORS_H_
