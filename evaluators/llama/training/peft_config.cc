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

constexpr const char* kLora = "LORA";
constexpr const char* kAdaLora = "ADALORA";
// PEFT's default of `r`, which AdaLoRA does not read.
constexpr int64_t kUnusedRank = 8;
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
  if (type == kLora || type == kAdaLora) return {};
  if (type.empty()) {
    return InvalidArgument(fields.place() +
                           ": peft_type is missing, so it is not the config of "
                           "a PEFT adapter");
  }
  return fields.Refuse("peft_type",
                       "is not supported (supported: \"LORA\", \"ADALORA\")");
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

// The directions of each module, keyed by "<module>.lora_E"; versions differ in
// whether the adapter's name follows.
Status ParseKept(const JsonFields& fields, PeftAdaLora& adalora) {
  constexpr std::string_view kSuffixes[] = {".lora_E", ".lora_E.default"};
  if (fields.Find("rank_pattern") == nullptr) return {};
  RA_ASSIGN_OR_RETURN(JsonFields pattern, fields.Nested("rank_pattern"));
  for (const auto& [key, value] : pattern.object().items()) {
    const auto suffix = std::ranges::find_if(
        kSuffixes, [&](std::string_view s) { return key.ends_with(s); });
    if (suffix == std::end(kSuffixes)) {
      return pattern.Refuse(key.c_str(), "is not for a module's lora_E");
    }
    const bool fits = value.is_array() &&
                      std::ssize(value) == adalora.options.initial_rank &&
                      std::ranges::all_of(
                          value, [](const json& v) { return v.is_boolean(); });
    if (!fits) {
      return pattern.Refuse(key.c_str(), "is not a list of init_r booleans");
    }
    adalora.kept[key.substr(0, key.size() - suffix->size())] =
        value.get<std::vector<bool>>();
  }
  return {};
}

Result<double> ParseShare(const JsonFields& fields,
                          const char* name,
                          double fallback) {
  const json* field = fields.Find(name);
  if (field == nullptr) return fallback;
  const double share = field->is_number() ? field->get<double>() : -1;
  if (share >= 0 && share < 1) return share;
  return fields.Refuse(name, "is not a number in [0, 1)");
}

Result<PeftAdaLora> ParseAdaLora(const JsonFields& fields) {
  constexpr IntegerRange kUpdates = {0, int64_t{1} << 40};
  PeftAdaLora adalora;
  AdaLoraOptions& options = adalora.options;
  RA_ASSIGN_OR_RETURN(int64_t initial_rank,
                      fields.IntegerOr("init_r", kRankRange, 12));
  RA_ASSIGN_OR_RETURN(int64_t target_rank,
                      fields.IntegerOr("target_r", kRankRange, 8));
  options.initial_rank = static_cast<int>(initial_rank);
  options.target_rank = static_cast<int>(target_rank);
  RA_ASSIGN_OR_RETURN(options.initial_updates,
                      fields.IntegerOr("tinit", kUpdates, 0));
  RA_ASSIGN_OR_RETURN(options.final_updates,
                      fields.IntegerOr("tfinal", kUpdates, 0));
  RA_ASSIGN_OR_RETURN(options.allocation_interval,
                      fields.IntegerOr("deltaT", {1, kUpdates.high}, 1));
  RA_ASSIGN_OR_RETURN(options.beta1,
                      ParseShare(fields, "beta1", options.beta1));
  RA_ASSIGN_OR_RETURN(options.beta2,
                      ParseShare(fields, "beta2", options.beta2));
  RA_ASSIGN_OR_RETURN(
      options.orthogonality_weight,
      fields.PositiveOr("orth_reg_weight", options.orthogonality_weight));
  RA_RETURN_IF_ERROR(ParseKept(fields, adalora));
  return adalora;
}

// Whole numbers as integers, as PEFT's own files have them.
json AlphaToJson(double alpha) {
  const double whole = std::round(alpha);
  if (std::abs(alpha - whole) < 1e-9 * alpha) {
    return static_cast<int64_t>(whole);
  }
  return alpha;
}

// What is the same for both types.
json CommonFields(const std::vector<std::string>& target_modules,
                  double dropout,
                  std::string_view base_model_name) {
  return {{"auto_mapping", nullptr},
          {"base_model_name_or_path", base_model_name},
          {"bias", "none"},
          {"fan_in_fan_out", false},
          {"inference_mode", true},
          {"init_lora_weights", true},
          {"layers_pattern", nullptr},
          {"layers_to_transform", nullptr},
          {"lora_dropout", dropout},
          {"modules_to_save", nullptr},
          {"revision", nullptr},
          {"target_modules", target_modules},
          {"task_type", "CAUSAL_LM"}};
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
  RA_RETURN_IF_ERROR(ParseTargets(fields, config));
  RA_ASSIGN_OR_RETURN(config.alpha,
                      fields.PositiveOr("lora_alpha", config.alpha));
  RA_ASSIGN_OR_RETURN(config.dropout, ParseShare(fields, "lora_dropout", 0));
  if (*fields.Find("peft_type") == kAdaLora) {
    RA_ASSIGN_OR_RETURN(config.adalora, ParseAdaLora(fields));
    config.adalora->options.alpha = config.alpha;
    config.adalora->options.dropout = config.dropout;
    return config;
  }
  RA_ASSIGN_OR_RETURN(config.rank,
                      fields.IntegerOr("r", kRankRange, config.rank));
  RA_ASSIGN_OR_RETURN(config.rank_stabilised,
                      fields.BooleanOr("use_rslora", false));
  RA_ASSIGN_OR_RETURN(config.rank_pattern,
                      ParsePattern(fields, "rank_pattern", true));
  RA_ASSIGN_OR_RETURN(config.alpha_pattern,
                      ParsePattern(fields, "alpha_pattern", false));
  RA_ASSIGN_OR_RETURN(config.rule, ParseRule(fields));
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
  json config = CommonFields(target_modules, dropout, base_model_name);
  config["lora_alpha"] = AlphaToJson(widest.alpha);
  config["peft_type"] = kLora;
  config["r"] = widest.rank;
  for (const auto& [name, module] : modules) {
    config["rank_pattern"][name] = module.rank;
    config["alpha_pattern"][name] = AlphaToJson(module.alpha);
  }
  return config.dump(2) + "\n";
}

std::string FormatPeftConfig(const PeftAdaLora& adalora,
                             const AdaLoraSchedule& schedule,
                             const std::vector<std::string>& target_modules,
                             std::string_view base_model_name) {
  const AdaLoraOptions& options = adalora.options;
  json config = CommonFields(target_modules, options.dropout, base_model_name);
  config["alpha_pattern"] = json::object();
  config["beta1"] = options.beta1;
  config["beta2"] = options.beta2;
  config["deltaT"] = schedule.interval;
  config["init_r"] = options.initial_rank;
  config["lora_alpha"] = AlphaToJson(options.alpha);
  config["orth_reg_weight"] = options.orthogonality_weight;
  config["peft_type"] = kAdaLora;
  config["r"] = kUnusedRank;
  config["rank_pattern"] = nullptr;
  for (const auto& [name, kept] : adalora.kept) {
    config["rank_pattern"][name + ".lora_E"] = kept;
  }
  config["target_r"] = options.target_rank;
  config["tfinal"] = schedule.final_updates;
  config["tinit"] = schedule.initial_updates;
  config["total_step"] = schedule.total_updates;
  return config.dump(2) + "\n";
}

}  // namespace rankadaptor::llama::internal
