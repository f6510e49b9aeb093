#include "evaluators/llama/training/peft_config.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;

constexpr IntegerRange kRankRange = {1, 1 << 16};
constexpr IntegerRange kLayerRange = {0, 4095};

bool IsPlainName(std::string_view key) {
  return std::ranges::all_of(key, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.';
  });
}

// A dot in a key stands for any character.
bool EndsWithPlain(std::string_view module, std::string_view key) {
  if (module.size() < key.size()) return false;
  return std::equal(key.begin(),
                    key.end(),
                    module.end() - static_cast<ptrdiff_t>(key.size()),
                    [](char k, char m) { return k == '.' || k == m; });
}

// A part of this length at the module's end is the whole of it or stands after
// a dot.
bool IsTail(std::string_view module, size_t length) {
  return module.size() == length || module[module.size() - length - 1] == '.';
}

// --- What is refused by name -------------------------------------------------

Status CheckPeftType(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(std::string type, fields.StringOr("peft_type", ""));
  if (type == "LORA") return {};
  if (type.empty()) {
    return InvalidArgument(fields.place() +
                           ": peft_type is missing, so it is not the config of "
                           "a PEFT adapter");
  }
  return fields.Refuse("peft_type", "is not supported (supported: \"LORA\")");
}

Status CheckFalse(const JsonFields& fields) {
  for (const char* name :
       {"use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"}) {
    RA_ASSIGN_OR_RETURN(bool set, fields.BooleanOr(name, false));
    if (set) return fields.Refuse(name, "is not supported (supported: false)");
  }
  return {};
}

Status CheckEmpty(const JsonFields& fields) {
  for (const char* name : {"modules_to_save",
                           "layer_replication",
                           "target_parameters",
                           "trainable_token_indices",
                           "alora_invocation_tokens"}) {
    const json* field = fields.Find(name);
    if (field != nullptr && !field->empty()) {
      return fields.Refuse(name, "is not supported (supported: null)");
    }
  }
  return {};
}

Status CheckBias(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(std::string bias, fields.StringOr("bias", "none"));
  if (bias == "none") return {};
  return fields.Refuse("bias", "is not supported (supported: \"none\")");
}

// These initialisations change the base weights that the adapter stands beside.
Status CheckInitialisation(const JsonFields& fields) {
  const json* field = fields.Find("init_lora_weights");
  if (field == nullptr || !field->is_string()) return {};
  const auto& name = field->get_ref<const std::string&>();
  for (const char* prefix : {"pissa", "olora", "corda", "loftq", "lora_ga"}) {
    if (name.starts_with(prefix)) {
      return fields.Refuse("init_lora_weights",
                           "changes the base weights and is not supported");
    }
  }
  return {};
}

Status CheckLayersPattern(const JsonFields& fields) {
  const json* field = fields.Find("layers_pattern");
  if (field == nullptr || field->empty() || *field == "layers" ||
      *field == json::array({"layers"})) {
    return {};
  }
  return fields.Refuse("layers_pattern",
                       "is not supported (supported: \"layers\")");
}

Status CheckSupported(const JsonFields& fields) {
  RA_RETURN_IF_ERROR(CheckPeftType(fields));
  RA_RETURN_IF_ERROR(CheckFalse(fields));
  RA_RETURN_IF_ERROR(CheckEmpty(fields));
  RA_RETURN_IF_ERROR(CheckBias(fields));
  RA_RETURN_IF_ERROR(CheckInitialisation(fields));
  return CheckLayersPattern(fields);
}

// --- Fields ------------------------------------------------------------------

Result<std::vector<ModulePattern>> ParsePattern(const JsonFields& fields,
                                                const char* name,
                                                bool integers) {
  std::vector<ModulePattern> patterns;
  if (fields.Find(name) == nullptr) return patterns;
  RA_ASSIGN_OR_RETURN(JsonFields pattern, fields.Nested(name));
  for (const auto& [key, unused] : pattern.object().items()) {
    double value = 0;
    if (integers) {
      RA_ASSIGN_OR_RETURN(int64_t rank,
                          pattern.Integer(key.c_str(), kRankRange));
      value = static_cast<double>(rank);
    } else {
      RA_ASSIGN_OR_RETURN(value, pattern.Positive(key.c_str()));
    }
    try {
      patterns.emplace_back(key, value);
    } catch (const std::regex_error&) {
      return pattern.Refuse(key.c_str(),
                            "has a key that is not a regular expression");
    }
  }
  return patterns;
}

Result<ModuleSelector> ParseSelector(const JsonFields& fields,
                                     const char* name) {
  ModuleSelector selector;
  const json* field = fields.Find(name);
  if (field == nullptr) return selector;
  if (field->is_string()) {
    try {
      selector.expression = field->get<std::string>();
    } catch (const std::regex_error&) {
      return fields.Refuse(name, "is not a regular expression");
    }
    return selector;
  }
  const bool names =
      field->is_array() && std::ranges::all_of(*field, [](const json& entry) {
        return entry.is_string();
      });
  if (!names) return fields.Refuse(name, "is not a list of module names");
  selector.names = field->get<std::vector<std::string>>();
  return selector;
}

Result<std::vector<int64_t>> ParseLayers(const JsonFields& fields) {
  constexpr const char* kName = "layers_to_transform";
  const json* field = fields.Find(kName);
  if (field == nullptr) return std::vector<int64_t>();
  if (field->is_array()) return fields.Integers(kName, kLayerRange);
  RA_ASSIGN_OR_RETURN(int64_t layer, fields.Integer(kName, kLayerRange));
  return std::vector<int64_t>{layer};
}

Status ParseTargets(const JsonFields& fields, PeftLoraConfig& config) {
  RA_ASSIGN_OR_RETURN(config.excluded,
                      ParseSelector(fields, "exclude_modules"));
  RA_ASSIGN_OR_RETURN(config.layers, ParseLayers(fields));
  const json* targets = fields.Find("target_modules");
  config.all_linear = targets != nullptr && *targets == "all-linear";
  if (config.all_linear) return {};
  RA_ASSIGN_OR_RETURN(config.targets, ParseSelector(fields, "target_modules"));
  // PEFT's choice for the Llama architecture.
  if (targets == nullptr) config.targets.names = {"q_proj", "v_proj"};
  return {};
}

Result<double> ParseDropout(const JsonFields& fields) {
  const json* field = fields.Find("lora_dropout");
  if (field == nullptr) return 0.0;
  const double dropout = field->is_number() ? field->get<double>() : -1;
  if (dropout >= 0 && dropout < 1) return dropout;
  return fields.Refuse("lora_dropout", "is not a number in [0, 1)");
}

// The rule of the version that wrote the file, if it says.
Result<std::optional<PatternRule>> ParseRule(const JsonFields& fields) {
  constexpr const char* kName = "peft_version";
  RA_ASSIGN_OR_RETURN(std::string version, fields.StringOr(kName, ""));
  if (version.empty()) return std::optional<PatternRule>();
  int major = 0;
  int minor = 0;
  if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2) {
    return fields.Refuse(kName, "is not a version such as \"0.13.2\"");
  }
  return std::pair(major, minor) <= std::pair(0, 13) ? PatternRule::kUpTo0132
                                                     : PatternRule::kCurrent;
}

// The value of the first pattern that `matches`.
template <typename Matches>
std::optional<double> FirstValue(const std::vector<ModulePattern>& patterns,
                                 Matches matches) {
  auto found = std::ranges::find_if(patterns, matches);
  if (found == patterns.end()) return std::nullopt;
  return found->value();
}

// Whole numbers as integers, as PEFT's own files have them.
json AlphaToJson(double alpha) {
  const double whole = std::round(alpha);
  if (std::abs(alpha - whole) < 1e-9 * alpha) {
    return static_cast<int64_t>(whole);
  }
  return alpha;
}

}  // namespace

ModulePattern::ModulePattern(std::string key, double value)
    : key_(std::move(key)), value_(value) {
  if (!IsPlainName(key_)) expression_.emplace(key_);
}

bool ModulePattern::MatchesTail(std::string_view module) const {
  if (!expression_) {
    return EndsWithPlain(module, key_) && IsTail(module, key_.size());
  }
  // From the start and from after each dot.
  const char* const end = module.data() + module.size();
  if (std::regex_match(module.data(), end, *expression_)) return true;
  return MatchesAfterPrefix(module);
}

bool ModulePattern::MatchesAfterPrefix(std::string_view module) const {
  const char* const end = module.data() + module.size();
  for (size_t dot = module.find('.'); dot != std::string_view::npos;
       dot = module.find('.', dot + 1)) {
    const std::string_view tail = module.substr(dot + 1);
    const bool matches =
        expression_ ? std::regex_match(tail.data(),
                                       end,
                                       *expression_,
                                       std::regex_constants::match_prev_avail)
                    : tail.size() == key_.size() && EndsWithPlain(tail, key_);
    if (matches) return true;
  }
  return false;
}

bool ModuleSelector::Selects(const std::string& module) const {
  if (expression) return std::regex_match(module, *expression);
  return std::ranges::any_of(names, [&](const std::string& name) {
    return module.ends_with(name) && IsTail(module, name.size());
  });
}

PeftLoraConfig::Setting PeftLoraConfig::SettingOf(const std::string& module,
                                                  PatternRule rule) const {
  std::optional<double> own_rank;
  std::optional<double> own_alpha;
  if (rule == PatternRule::kCurrent) {
    auto matches = [&](const ModulePattern& p) {
      return p.MatchesTail(module);
    };
    own_rank = FirstValue(rank_pattern, matches);
    own_alpha = FirstValue(alpha_pattern, matches);
  } else {
    std::string key = module;
    for (const auto* patterns : {&alpha_pattern, &rank_pattern}) {
      for (auto p = patterns->rbegin(); p != patterns->rend(); ++p) {
        if (p->MatchesAfterPrefix(module)) key = p->key();
      }
    }
    auto is_key = [&](const ModulePattern& p) { return p.key() == key; };
    own_rank = FirstValue(rank_pattern, is_key);
    own_alpha = FirstValue(alpha_pattern, is_key);
  }
  return {own_rank ? static_cast<int64_t>(*own_rank) : rank,
          own_alpha.value_or(alpha)};
}

bool PeftLoraConfig::Targets(const std::string& module, int layer) const {
  if (excluded.Selects(module)) return false;
  if (!layers.empty() && std::ranges::count(layers, layer) == 0) return false;
  return all_linear || targets.Selects(module);
}

Result<PeftLoraConfig> ParsePeftConfig(std::string_view text,
                                       const std::string& file) {
  RA_ASSIGN_OR_RETURN(json root, ParseJsonObject(text, file));
  const JsonFields fields(root, file);
  RA_RETURN_IF_ERROR(CheckSupported(fields));
  PeftLoraConfig config;
  RA_ASSIGN_OR_RETURN(config.rank,
                      fields.IntegerOr("r", kRankRange, config.rank));
  RA_ASSIGN_OR_RETURN(config.alpha,
                      fields.PositiveOr("lora_alpha", config.alpha));
  RA_ASSIGN_OR_RETURN(config.dropout, ParseDropout(fields));
  RA_ASSIGN_OR_RETURN(config.rank_stabilised,
                      fields.BooleanOr("use_rslora", false));
  RA_ASSIGN_OR_RETURN(config.rank_pattern,
                      ParsePattern(fields, "rank_pattern", true));
  RA_ASSIGN_OR_RETURN(config.alpha_pattern,
                      ParsePattern(fields, "alpha_pattern", false));
  RA_ASSIGN_OR_RETURN(config.rule, ParseRule(fields));
  RA_RETURN_IF_ERROR(ParseTargets(fields, config));
  return config;
}

std::string FormatPeftConfig(const std::map<std::string, PeftModule>& modules,
                             const std::vector<std::string>& target_modules,
                             double dropout,
                             std::string_view base_model_name) {
  // Servers size their buffers by `r`.
  const PeftModule& widest =
      std::ranges::max_element(modules, {}, [](const auto& entry) {
        return entry.second.rank;
      })->second;
  json config = {{"auto_mapping", nullptr},
                 {"base_model_name_or_path", base_model_name},
                 {"bias", "none"},
                 {"fan_in_fan_out", false},
                 {"inference_mode", true},
                 {"init_lora_weights", true},
                 {"layers_pattern", nullptr},
                 {"layers_to_transform", nullptr},
                 {"lora_alpha", AlphaToJson(widest.alpha)},
                 {"lora_dropout", dropout},
                 {"modules_to_save", nullptr},
                 {"peft_type", "LORA"},
                 {"r", widest.rank},
                 {"revision", nullptr},
                 {"target_modules", target_modules},
                 {"task_type", "CAUSAL_LM"}};
  for (const auto& [name, module] : modules) {
    config["rank_pattern"][name] = module.rank;
    config["alpha_pattern"][name] = AlphaToJson(module.alpha);
  }
  return config.dump(2) + "\n";
}

}  // namespace rankadaptor::llama::internal
