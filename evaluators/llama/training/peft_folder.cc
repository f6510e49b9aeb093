#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adalora.h"
#include "rankadaptor/llama/adapter.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/lora_checks.h"
#include "evaluators/llama/training/peft_config.h"
#include "evaluators/llama/training/peft_tensors.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using internal::LoraModule;
using internal::LoraModules;
using internal::PatternRule;
using internal::PeftLoraConfig;
using internal::PeftTensors;

// "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight".
std::string TensorName(const std::string& module, char matrix) {
  return "base_model.model." + module + ".lora_" + matrix + ".weight";
}

// --- Reading -----------------------------------------------------------------

// Leaves `module` undefined if the file has neither of its matrices.
Status Take(PeftTensors& tensors,
            const std::string& name,
            bool targeted,
            LoraModule& module) {
  RA_ASSIGN_OR_RETURN(module.a, tensors.Take(TensorName(name, 'A')));
  RA_ASSIGN_OR_RETURN(module.b, tensors.Take(TensorName(name, 'B')));
  if (module.a.defined() != module.b.defined() ||
      targeted != module.a.defined()) {
    const char* state = targeted ? " is missing" : " is not a target module";
    const char matrix = targeted ? (module.a.defined() ? 'B' : 'A')
                                 : (module.a.defined() ? 'A' : 'B');
    return DataLoss(tensors.file() + ": tensor " + TensorName(name, matrix) +
                    state);
  }
  return {};
}

// Adapters that are not trained may hold B = 0, but never a NaN.
Status CheckFinite(const LoraModules& modules, const std::string& file) {
  return internal::ForEachModule(
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
  return internal::ForEachModule(
      modules,
      [&](int, const std::string& name, const LoraModule& module) -> Status {
        if (!module.defined()) return {};
        const int64_t rank = config.SettingOf(name, rule).rank;
        if (rank == module.a.size(0)) return {};
        return DataLoss(name + " has rank " + std::to_string(rank) + ", " +
                        internal::kPeftTensorFile + " has matrices of rank " +
                        std::to_string(module.a.size(0)));
      });
}

// Patterns that select nothing are mistakes that PEFT passes over.
Status CheckPatternsMatch(const LoraModules& modules,
                          const std::vector<internal::ModulePattern>& patterns,
                          const char* field) {
  for (const internal::ModulePattern& pattern : patterns) {
    bool matched = false;
    (void)internal::ForEachModule(
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
  return internal::ForEachModule(
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
  (void)internal::ForEachModule(
      modules, [&](int, const std::string& name, LoraModule& module) -> Status {
        if (!module.defined()) return {};
        const auto [rank, alpha] = config.SettingOf(name, rule);
        const auto divisor = static_cast<double>(rank);
        module.scale =
            alpha / (config.rank_stabilised ? std::sqrt(divisor) : divisor);
        return {};
      });
}

Result<Adapter> Read(const fs::path& folder,
                     const Model& model,
                     const PeftLoraConfig& config) {
  RA_ASSIGN_OR_RETURN(
      PeftTensors tensors,
      PeftTensors::Open(folder, internal::ToDevice(model.device())));
  auto modules = std::make_shared<LoraModules>();
  modules->dropout = config.dropout;
  modules->layers.resize(model.config().layers.size());
  RA_RETURN_IF_ERROR(internal::ForEachModule(
      *modules, [&](int layer, const std::string& name, LoraModule& module) {
        return Take(tensors, name, config.Targets(name, layer), module);
      }));
  RA_RETURN_IF_ERROR(tensors.CheckNothingLeft());
  if (auto fits = internal::CheckFits(*modules, model.config()); !fits) {
    return InContext(tensors.file(), fits.error());
  }
  RA_RETURN_IF_ERROR(CheckFinite(*modules, tensors.file()));
  auto rule = FindRule(*modules, config);
  if (!rule)
    return InContext((folder / internal::kPeftConfigFile).string(),
                     rule.error());
  SetScales(config, *rule, *modules);
  return Adapter(std::move(modules));
}

// --- Writing -----------------------------------------------------------------

// alpha such that PEFT's division gives `scale` back.
double AlphaOf(const LoraModule& module) {
  return module.scale * static_cast<double>(module.a.size(0));
}

Status Write(const fs::path& folder,
             std::string_view base_model_name,
             const LoraModules& modules) {
  std::map<std::string, internal::PeftModule> adapted;
  std::vector<std::string> names;
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  (void)internal::ForEachModule(
      modules,
      [&](int, const std::string& name, const LoraModule& module) -> Status {
        if (!module.defined()) return {};
        names.push_back(name);
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
      folder / internal::kPeftConfigFile,
      internal::FormatPeftConfig(
          adapted,
          internal::TargetModules(names, modules.layers.size()),
          modules.dropout,
          base_model_name)));
  return internal::WriteTensors(
      folder / internal::kPeftTensorFile, tensors, at::kFloat);
}

}  // namespace

Result<Adapter> Adapter::Load(const fs::path& folder, const Model& model) {
  const fs::path config_file = folder / internal::kPeftConfigFile;
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(config_file));
  RA_ASSIGN_OR_RETURN(PeftLoraConfig config,
                      internal::ParsePeftConfig(text, config_file.string()));
  if (config.adalora) {
    RA_ASSIGN_OR_RETURN(AdaLoraAdapter adapter,
                        AdaLoraAdapter::Load(folder, model));
    return adapter.ToLora();
  }
  return internal::CatchTorch([&] { return Read(folder, model, config); });
}

Status Adapter::Save(const fs::path& folder,
                     std::string_view base_model_name) const {
  return internal::CatchTorch(
      [&] { return Write(folder, base_model_name, *modules_); });
}

}  // namespace rankadaptor::llama
