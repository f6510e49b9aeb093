#include "evaluators/llama/checkpoint/supported_config.h"

#include <algorithm>
#include <string>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;

// What the first converted LLaMA checkpoints call themselves.
constexpr const char* kOldLlamaClass = "LLaMAForCausalLM";

// `"llama", "mistral", ...` of a member of all architectures.
std::string Listed(const char* Architecture::*name) {
  std::string list;
  for (const Architecture* architecture : Architectures()) {
    list += (list.empty() ? "" : ", ") + Quote(architecture->*name);
  }
  return list;
}

const Architecture* FindClass(const json& architectures) {
  if (architectures == json::array({kOldLlamaClass})) {
    return &LlamaArchitecture();
  }
  for (const Architecture* architecture : Architectures()) {
    if (architectures == json::array({architecture->class_name})) {
      return architecture;
    }
  }
  return nullptr;
}

Result<const Architecture*> ByClass(const JsonFields& fields) {
  const Architecture* found = FindClass(*fields.Find("architectures"));
  if (found != nullptr) return found;
  return fields.Refuse("architectures",
                       "is not supported (supported: one of " +
                           Listed(&Architecture::class_name) + ")");
}

Result<const Architecture*> ByModelType(const JsonFields& fields,
                                        const std::string& type) {
  const Architecture* found = FindArchitecture(type);
  if (found != nullptr) return found;
  return fields.Refuse("model_type",
                       "is not supported (supported: " +
                           Listed(&Architecture::model_type) + ")");
}

// Either field is enough; where both are, they must mean the same.
Result<const Architecture*> FindNamed(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(std::string type, fields.StringOr("model_type", ""));
  const bool has_class = fields.Find("architectures") != nullptr;
  if (type.empty() && has_class) return ByClass(fields);
  if (type.empty()) {
    return InvalidArgument(fields.place() +
                           ": has neither model_type nor architectures, so it "
                           "is not the config of a Hugging Face model");
  }
  RA_ASSIGN_OR_RETURN(const Architecture* by_type, ByModelType(fields, type));
  if (!has_class) return by_type;
  RA_ASSIGN_OR_RETURN(const Architecture* by_class, ByClass(fields));
  if (by_class == by_type) return by_type;
  return fields.Refuse("architectures",
                       "contradicts model_type = " + Quote(type));
}

Status CheckBiases(const JsonFields& fields, const Architecture& architecture) {
  const struct {
    const char* name;
    Presence presence;
  } kBiases[] = {{"attention_bias", Presence::kWithAttentionBias},
                 {"mlp_bias", Presence::kWithMlpBias}};
  for (const auto& [name, presence] : kBiases) {
    RA_ASSIGN_OR_RETURN(bool has_bias, fields.BooleanOr(name, false));
    if (has_bias && !architecture.Allows(presence)) {
      return fields.Refuse(name,
                           "is not supported (supported for " +
                               Quote(architecture.model_type) + ": false)");
    }
  }
  return {};
}

Status CheckWindow(const JsonFields& fields, const Architecture& architecture) {
  RA_ASSIGN_OR_RETURN(bool used, fields.BooleanOr("use_sliding_window", false));
  if (used) {
    return fields.Refuse("use_sliding_window",
                         "is not supported (supported: false)");
  }
  if (architecture.window_rule == WindowRule::kNone &&
      fields.Find("sliding_window") != nullptr) {
    return fields.Refuse("sliding_window",
                         "is not supported (supported for " +
                             Quote(architecture.model_type) + ": null)");
  }
  return {};
}

// transformers lists what each layer attends to.
Status CheckLayerTypes(const JsonFields& fields) {
  const json* types = fields.Find("layer_types");
  if (types == nullptr) return {};
  const bool all_full =
      types->is_array() && std::ranges::all_of(*types, [](const json& type) {
        return type == "full_attention";
      });
  if (all_full) return {};
  return fields.Refuse("layer_types",
                       "is not supported (supported: \"full_attention\" for "
                       "every layer)");
}

Status CheckPlainWeights(const JsonFields& fields) {
  if (fields.Find("quantization_config") != nullptr) {
    return fields.Refuse("quantization_config",
                         "is not supported (supported: null)");
  }
  RA_ASSIGN_OR_RETURN(std::string activation,
                      fields.StringOr("hidden_act", "silu"));
  if (activation == "silu") return {};
  return fields.Refuse("hidden_act", "is not supported (supported: \"silu\")");
}

}  // namespace

Result<const Architecture*> ReadArchitecture(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(const Architecture* architecture, FindNamed(fields));
  RA_RETURN_IF_ERROR(CheckBiases(fields, *architecture));
  RA_RETURN_IF_ERROR(CheckWindow(fields, *architecture));
  RA_RETURN_IF_ERROR(CheckLayerTypes(fields));
  RA_RETURN_IF_ERROR(CheckPlainWeights(fields));
  return architecture;
}

}  // namespace rankadaptor::llama::internal
