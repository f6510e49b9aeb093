// Reading and writing AdaLoRA adapters as PEFT does (spec 6.8).
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adalora.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/training/peft_config.h"
#include "evaluators/llama/training/peft_tensors.h"
#include "evaluators/llama/training/svd_modules.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using internal::PeftAdaLora;
using internal::PeftLoraConfig;
using internal::PeftTensors;
using internal::SvdModule;
using internal::SvdModules;

// "base_model.model.model.layers.0.self_attn.q_proj.lora_A": no ".weight".
std::string TensorName(const std::string& module, char matrix) {
  return "base_model.model." + module + ".lora_" + matrix;
}

// --- Reading -----------------------------------------------------------------

std::string Describe(const at::Tensor& tensor) {
  std::string text;
  for (int64_t size : tensor.sizes()) {
    text += (text.empty() ? "[" : ", ") + std::to_string(size);
  }
  return text + "]";
}

// `rank` directions of a module of this shape.
Status CheckShapes(const std::string& place,
                   const SvdModule& module,
                   MatrixShape shape,
                   int64_t rank) {
  const bool fits = module.a.sizes() == at::IntArrayRef{rank, shape.columns} &&
                    module.e.sizes() == at::IntArrayRef{rank, 1} &&
                    module.b.sizes() == at::IntArrayRef{shape.rows, rank};
  if (fits) return {};
  return DataLoss(place + ": A " + Describe(module.a) + ", E " +
                  Describe(module.e) + " and B " + Describe(module.b) +
                  " do not fit rank " + std::to_string(rank) + ", " +
                  std::to_string(shape.rows) + " outputs and " +
                  std::to_string(shape.columns) + " inputs");
}

Status CheckFinite(const std::string& place, const SvdModule& module) {
  for (const at::Tensor& matrix : {module.a, module.e, module.b}) {
    if (!at::isfinite(matrix).all().item<bool>()) {
      return DataLoss(place + " is not finite");
    }
  }
  return {};
}

Status TakeModule(PeftTensors& tensors,
                  const std::string& name,
                  const PeftAdaLora& adalora,
                  MatrixShape shape,
                  SvdModule& module) {
  const std::string place = tensors.file() + ": " + name;
  for (auto [matrix, tensor] : {std::pair('A', &module.a),
                                std::pair('E', &module.e),
                                std::pair('B', &module.b)}) {
    RA_ASSIGN_OR_RETURN(*tensor, tensors.Take(TensorName(name, matrix)));
    if (!tensor->defined()) {
      return DataLoss(tensors.file() + ": tensor " + TensorName(name, matrix) +
                      " is missing");
    }
  }
  int64_t rank = adalora.options.initial_rank;
  if (!adalora.kept.empty()) {
    auto kept = adalora.kept.find(name);
    if (kept == adalora.kept.end()) {
      return DataLoss(place + " is not in rank_pattern");
    }
    module.kept = kept->second;
    rank = std::ranges::count(module.kept, true);
  }
  RA_RETURN_IF_ERROR(CheckShapes(place, module, shape, rank));
  return CheckFinite(place, module);
}

// Patterns for modules that are not there are mistakes.
Status CheckPatternIsUsed(const SvdModules& modules,
                          const PeftAdaLora& adalora,
                          const std::string& file) {
  size_t num_used = 0;
  internal::ForEachAdapted(modules, [&](const SvdModule&) { ++num_used; });
  if (adalora.kept.empty() || adalora.kept.size() == num_used) return {};
  return DataLoss(
      file + ": rank_pattern has " + std::to_string(adalora.kept.size()) +
      " modules, target_modules selects " + std::to_string(num_used));
}

Result<AdaLoraAdapter> Read(const fs::path& folder,
                            const Model& model,
                            const PeftLoraConfig& config) {
  const PeftAdaLora& adalora = *config.adalora;
  RA_ASSIGN_OR_RETURN(
      PeftTensors tensors,
      PeftTensors::Open(folder, internal::ToDevice(model.device())));
  auto modules = std::make_shared<SvdModules>();
  modules->options = adalora.options;
  modules->layers.resize(model.config().layers.size());
  for (int layer = 0; layer < model.config().num_layers(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      const std::string name = internal::ModuleName(layer, projection);
      if (!config.Targets(name, layer)) continue;
      RA_RETURN_IF_ERROR(TakeModule(
          tensors,
          name,
          adalora,
          ProjectionShape(model.config(), layer, projection),
          modules->layers[static_cast<size_t>(layer)][static_cast<size_t>(p)]));
    }
  }
  RA_RETURN_IF_ERROR(tensors.CheckNothingLeft());
  RA_RETURN_IF_ERROR(CheckPatternIsUsed(
      *modules, adalora, (folder / internal::kPeftConfigFile).string()));
  return AdaLoraAdapter(std::move(modules));
}

// --- Writing -----------------------------------------------------------------

Status Write(const fs::path& folder,
             std::string_view base_model_name,
             const SvdModules& modules,
             const AdaLoraSchedule& schedule) {
  PeftAdaLora adalora{modules.options, {}};
  std::vector<std::string> names;
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  (void)internal::ForEachModule(
      modules,
      [&](int, const std::string& name, const SvdModule& module) -> Status {
        if (!module.defined()) return {};
        names.push_back(name);
        if (!module.kept.empty()) adalora.kept[name] = module.kept;
        tensors.emplace_back(TensorName(name, 'A'), module.a);
        tensors.emplace_back(TensorName(name, 'B'), module.b);
        tensors.emplace_back(TensorName(name, 'E'), module.e);
        return {};
      });
  RA_RETURN_IF_ERROR(WriteFileAtomically(
      folder / internal::kPeftConfigFile,
      internal::FormatPeftConfig(
          adalora,
          schedule,
          internal::TargetModules(names, modules.layers.size()),
          base_model_name)));
  return internal::WriteTensors(
      folder / internal::kPeftTensorFile, tensors, at::kFloat);
}

}  // namespace

Result<AdaLoraAdapter> AdaLoraAdapter::Load(const fs::path& folder,
                                            const Model& model) {
  const fs::path config_file = folder / internal::kPeftConfigFile;
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(config_file));
  RA_ASSIGN_OR_RETURN(PeftLoraConfig config,
                      internal::ParsePeftConfig(text, config_file.string()));
  if (!config.adalora) {
    return InvalidArgument(config_file.string() +
                           ": peft_type is not \"ADALORA\"");
  }
  return internal::CatchTorch([&] { return Read(folder, model, config); });
}

Status AdaLoraAdapter::Save(const fs::path& folder,
                            std::string_view base_model_name,
                            const AdaLoraSchedule& schedule) const {
  return internal::CatchTorch(
      [&] { return Write(folder, base_model_name, *modules_, schedule); });
}

}  // namespace rankadaptor::llama
