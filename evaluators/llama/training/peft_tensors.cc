#include "evaluators/llama/training/peft_tensors.h"

#include <algorithm>

#include "evaluators/llama/model/tensors.h"

namespace rankadaptor::llama::internal {
namespace {

constexpr const char* kPickleFile = "adapter_model.bin";

}  // namespace

Result<PeftTensors> PeftTensors::Open(const std::filesystem::path& folder,
                                      at::Device device) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / kPeftTensorFile, ignored) &&
      std::filesystem::exists(folder / kPickleFile, ignored)) {
    return InvalidArgument(
        (folder / kPickleFile).string() +
        ": is a pickle, which is never loaded because reading it can run any "
        "code in it; " +
        ConversionCommand(folder));
  }
  RA_ASSIGN_OR_RETURN(SafetensorsFile file,
                      SafetensorsFile::Open(folder / kPeftTensorFile));
  return PeftTensors(
      (folder / kPeftTensorFile).string(), std::move(file), device);
}

Result<at::Tensor> PeftTensors::Take(const std::string& name) {
  auto found = file_.tensors().find(name);
  if (found == file_.tensors().end()) return at::Tensor();
  taken_.insert(name);
  auto tensor = ToTensor(name, found->second, at::kFloat, device_);
  if (!tensor) return InContext(name_, tensor.error());
  return *tensor;
}

Status PeftTensors::CheckNothingLeft() const {
  for (const auto& [name, view] : file_.tensors()) {
    if (taken_.contains(name)) continue;
    return DataLoss(name_ + ": unexpected tensor " + name +
                    "; the model has no such module, or it cannot be adapted");
  }
  return {};
}

std::vector<std::string> TargetModules(std::vector<std::string> adapted,
                                       size_t num_layers) {
  if (adapted.size() != num_layers * kNumProjections) {
    std::ranges::sort(adapted);
    return adapted;
  }
  std::vector<std::string> names;
  for (int p = 0; p < kNumProjections; ++p) {
    std::string name = ProjectionName(static_cast<Projection>(p));
    names.push_back(name.substr(name.find('.') + 1));
  }
  return names;
}

}  // namespace rankadaptor::llama::internal
