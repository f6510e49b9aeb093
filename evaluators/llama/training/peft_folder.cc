#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/safetensors.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/lora_checks.h"
#include "evaluators/llama/training/peft_config.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using internal::LoraModule;
using internal::LoraModules;
using internal::PatternRule;
using internal::PeftLoraConfig;

constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kTensorFile = "adapter_model.safetensors";
constexpr const char* kPickleFile = "adapter_model.bin";

// "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight".
std::string TensorName(const std::string& module, char matrix) {
  return "base_model.model." + module + ".lora_" + matrix + ".weight";
}

// Calls body(layer, projection, name, module) for every module of `modules`
// (const or not), adapted or not, until one returns an error.
template <typename Modules, typename Body>
Status ForEachModule(Modules& modules, Body&& body) {
  for (size_t layer = 0; layer < modules.layers.size(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      const int index = static_cast<int>(layer);
      RA_RETURN_IF_ERROR(body(index,
                              internal::ModuleName(index, projection),
                              modules.layers[layer][static_cast<size_t>(p)]));
    }
  }
  return {};
}

// --- Reading -----------------------------------------------------------------

// Takes the matrices of an adapter out of its tensor file.
class AdapterReader {
 public:
  AdapterReader(const fs::path& file,
                const SafetensorsFile& tensors,
                at::Device device)
      : file_(file.string()), tensors_(tensors), device_(device) {}

  // Leaves `module` undefined if the file has neither of its matrices.
  Status Take(const std::string& name, bool targeted, LoraModule& module) {
    RA_ASSIGN_OR_RETURN(module.a, TakeTensor(TensorName(name, 'A')));
    RA_ASSIGN_OR_RETURN(module.b, TakeTensor(TensorName(name, 'B')));
    if (module.a.defined() != module.b.defined() ||
        targeted != module.a.defined()) {
      const char* state = targeted ? " is missing" : " is not a target module";
      const char matrix = targeted ? (module.a.defined() ? 'B' : 'A')
                                   : (module.a.defined() ? 'A' : 'B');
      return DataLoss(file_ + ": tensor " + TensorName(name, matrix) + state);
    }
    return {};
  }

  // Every tensor must have been taken.
  Status CheckNothingLeft() const {
    for (const auto& [name, view] : tensors_.tensors()) {
      if (taken_.contains(name)) continue;
      return DataLoss(file_ + ": unexpected tensor " + name +
                      "; the model has no such module, or it cannot be "
                      "adapted");
    }
    return {};
  }

 private:
  // Undefined if it is not there.
  Result<at::Tensor> TakeTensor(const std::string& name) {
    auto found = tensors_.tensors().find(name);
    if (found == tensors_.tensors().end()) return at::Tensor();
    taken_.insert(name);
    auto tensor = internal::ToTensor(name, found->second, at::kFloat, device_);
    if (!tensor) return InContext(file_, tensor.error());
    return *tensor;
  }

  std::string file_;
  const SafetensorsFile& tensors_;
  at::Device device_;
  std::set<std::string> taken_;
};

// Adapters that are not trained may hold B = 0, but never a NaN.
Status CheckFinite(const LoraModules& modules, const std::string& file) {
  return ForEachModule(
      modules,
      [&](int, const std::string& name, const LoraModule& module) -> Status {
        if (!module.defined()) return {};
        for (const at::Tensor& matrix : {module.a, module.b}) {
          if (!at::isfinite(matrix).all().item<bool>()) {
            return DataLoss(file + ": " + name + " is not finite");
          }
        }
        return {};
      });
}

// The ranks that the config gives under `rule` are those of the tensors.
Status CheckRanks(const LoraModules& modules,
                  const PeftLoraConfig& config,
                  PatternRule rule) {
  return ForEachModule(
      modules,
      [&](int, const std::string& name, const LoraModule& module) -> Status {
        if (!module.defined()) return {};
        const int64_t rank = config.SettingOf(name, rule).rank;
        if (rank == module.a.size(0)) return {};
        return DataLoss(name + " has rank " + std::to_string(rank) + ", " +
                        kTensorFile + " has matrices of rank " +
                        std::to_string(module.a.size(0)));
      });
}

// Patterns that select nothing are mistakes that PEFT passes over.
Status CheckPatternsMatch(const LoraModules& modules,
                          const std::vector<internal::ModulePattern>& patterns,
                          const char* field) {
  for (const internal::ModulePattern& pattern : patterns) {
    bool matched = false;
    (void)ForEachModule(
        modules,
        [&](int, const std::string& name, const LoraModule& module) -> Status {
          matched |= module.defined() && pattern.MatchesTail(name);
          return {};
        });
    if (!matched) {
      return DataLoss(std::string(field) + ": \"" + pattern.key() +
                      "\" matches no adapted module");
    }
  }
  return {};
}

// Both rules give every module the same rank and alpha.
Status CheckRulesAgree(const LoraModules& modules,
                       const PeftLoraConfig& config) {
  return ForEachModule(
      modules,
      [&](int, const std::string& name, const LoraModule& module) -> Status {
        if (!module.defined() ||
            config.SettingOf(name, PatternRule::kCurrent) ==
                config.SettingOf(name, PatternRule::kUpTo0132)) {
          return {};
        }
        return InvalidArgument(
            "rank_pattern and alpha_pattern give " + name +
            " another alpha in PEFT up to 0.13.2 than in later versions; add "
            "the peft_version that trained it");
      });
}

// The rule under which the ranks are those of the tensors.
Result<PatternRule> FindRule(const LoraModules& modules,
                             const PeftLoraConfig& config) {
  RA_RETURN_IF_ERROR(
      CheckPatternsMatch(modules, config.rank_pattern, "rank_pattern"));
  RA_RETURN_IF_ERROR(
      CheckPatternsMatch(modules, config.alpha_pattern, "alpha_pattern"));
  const PatternRule rule = config.rule.value_or(PatternRule::kCurrent);
  RA_RETURN_IF_ERROR(CheckRanks(modules, config, rule));
  if (!config.rule) RA_RETURN_IF_ERROR(CheckRulesAgree(modules, config));
  return rule;
}

void SetScales(const PeftLoraConfig& config,
               PatternRule rule,
               LoraModules& modules) {
  (void)ForEachModule(
      modules, [&](int, const std::string& name, LoraModule& module) -> Status {
        if (!module.defined()) return {};
        const auto [rank, alpha] = config.SettingOf(name, rule);
        const auto divisor = static_cast<double>(rank);
        module.scale =
            alpha / (config.rank_stabilised ? std::sqrt(divisor) : divisor);
        return {};
      });
}

Result<SafetensorsFile> OpenTensors(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / kTensorFile, ignored) &&
      fs::exists(folder / kPickleFile, ignored)) {
    return InvalidArgument(
        (folder / kPickleFile).string() +
        ": pickles are never loaded; save the adapter again with "
        "save_pretrained(..., safe_serialization=True)");
  }
  return SafetensorsFile::Open(folder / kTensorFile);
}

Result<Adapter> Read(const fs::path& folder,
                     const Model& model,
                     const PeftLoraConfig& config) {
  RA_ASSIGN_OR_RETURN(SafetensorsFile file, OpenTensors(folder));
  const std::string tensor_file = (folder / kTensorFile).string();
  AdapterReader reader(tensor_file, file, internal::ToDevice(model.device()));
  auto modules = std::make_shared<LoraModules>();
  modules->dropout = config.dropout;
  modules->layers.resize(model.config().layers.size());
  RA_RETURN_IF_ERROR(ForEachModule(
      *modules, [&](int layer, const std::string& name, LoraModule& module) {
        return reader.Take(name, config.Targets(name, layer), module);
      }));
  RA_RETURN_IF_ERROR(reader.CheckNothingLeft());
  if (auto fits = internal::CheckFits(*modules, model.config()); !fits) {
    return InContext(tensor_file, fits.error());
  }
  RA_RETURN_IF_ERROR(CheckFinite(*modules, tensor_file));
  auto rule = FindRule(*modules, config);
  if (!rule) return InContext((folder / kConfigFile).string(), rule.error());
  SetScales(config, *rule, *modules);
  return Adapter(std::move(modules));
}

// --- Writing -----------------------------------------------------------------

// alpha such that PEFT's division gives `scale` back.
double AlphaOf(const LoraModule& module) {
  return module.scale * static_cast<double>(module.a.size(0));
}

// Short names if every module of the model is adapted, else full ones: PEFT
// adapts all modules that a short name matches.
std::vector<std::string> TargetModules(
    const LoraModules& modules,
    const std::map<std::string, internal::PeftModule>& adapted) {
  std::vector<std::string> names;
  if (adapted.size() == modules.layers.size() * kNumProjections) {
    for (int p = 0; p < kNumProjections; ++p) {
      std::string name = ProjectionName(static_cast<Projection>(p));
      names.push_back(name.substr(name.find('.') + 1));
    }
  } else {
    for (const auto& [name, module] : adapted) names.push_back(name);
  }
  return names;
}

Status Write(const fs::path& folder,
             std::string_view base_model_name,
             const LoraModules& modules) {
  std::map<std::string, internal::PeftModule> adapted;
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  (void)ForEachModule(
      modules,
      [&](int, const std::string& name, const LoraModule& module) -> Status {
        if (!module.defined()) return {};
        adapted[name] = {module.a.size(0), AlphaOf(module)};
        tensors.emplace_back(TensorName(name, 'A'), module.a);
        tensors.emplace_back(TensorName(name, 'B'), module.b);
        return {};
      });
  if (adapted.empty()) {
    return FailedPrecondition(folder.string() +
                              ": the adapter has rank 0 in every layer; PEFT "
                              "cannot express that");
  }
  RA_RETURN_IF_ERROR(WriteFileAtomically(
      folder / kConfigFile,
      internal::FormatPeftConfig(adapted,
                                 TargetModules(modules, adapted),
                                 modules.dropout,
                                 base_model_name)));
  return internal::WriteTensors(folder / kTensorFile, tensors, at::kFloat);
}

}  // namespace

Result<Adapter> Adapter::Load(const fs::path& folder, const Model& model) {
  const fs::path config_file = folder / kConfigFile;
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(config_file));
  RA_ASSIGN_OR_RETURN(PeftLoraConfig config,
                      internal::ParsePeftConfig(text, config_file.string()));
  return internal::CatchTorch([&] { return Read(folder, model, config); });
}

Status Adapter::Save(const fs::path& folder,
                     std::string_view base_model_name) const {
  return internal::CatchTorch(
      [&] { return Write(folder, base_model_name, *modules_); });
}

}  // namespace rankadaptor::llama
