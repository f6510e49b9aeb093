// adapter_config.json of a PEFT LoRA or AdaLoRA folder: which modules are
// adapted, and with which rank and alpha (spec 5.4 to 5.6, 6.8).
//
// Thread-safe after parsing.
#ifndef RANKADAPTOR_LLAMA_TRAINING_PEFT_CONFIG_H_
#define RANKADAPTOR_LLAMA_TRAINING_PEFT_CONFIG_H_

#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adalora.h"

namespace rankadaptor::llama::internal {

// How a key of rank_pattern or alpha_pattern selects modules. PEFT changed the
// rule after 0.13.2.
enum class PatternRule {
  // Each dictionary by itself: the first key that matches the end of the
  // module's name, from a dot on.
  kCurrent,
  // The first key of both dictionaries together that matches the end of the
  // name after a dot, else the full name, looked up in both.
  kUpTo0132,
};

// One key of a pattern dictionary.
class ModulePattern {
 public:
  // std::regex_error if `key` is not an expression.
  ModulePattern(std::string key, double value);

  const std::string& key() const { return key_; }
  double value() const { return value_; }
  // The key matches `module` as a whole or from a dot on.
  bool MatchesTail(std::string_view module) const;
  // It matches, and something with a dot stands before the match.
  bool MatchesAfterPrefix(std::string_view module) const;

 private:
  std::string key_;
  double value_;
  std::optional<std::regex> expression_;  // of keys that are not plain names
};

// target_modules or exclude_modules: names that end a module's name, or one
// expression for the whole name.
struct ModuleSelector {
  std::vector<std::string> names;
  std::optional<std::regex> expression;

  bool Selects(const std::string& module) const;
};

// What a folder of peft_type ADALORA says beyond that.
struct PeftAdaLora {
  AdaLoraOptions options;
  // By module name: which of the initial directions are in the tensor file.
  // Empty: all of every module.
  std::map<std::string, std::vector<bool>> kept;
};

struct PeftLoraConfig {
  // Set for ADALORA; rank, patterns and rule then say nothing.
  std::optional<PeftAdaLora> adalora;
  int64_t rank = 8;
  double alpha = 8;
  double dropout = 0;
  bool rank_stabilised = false;
  std::vector<ModulePattern> rank_pattern;
  std::vector<ModulePattern> alpha_pattern;
  bool all_linear = false;  // targets "all-linear"
  ModuleSelector targets;
  ModuleSelector excluded;
  std::vector<int64_t> layers;  // layers_to_transform; empty: all
  // By peft_version, which files of older versions do not have.
  std::optional<PatternRule> rule;

  struct Setting {
    int64_t rank;
    double alpha;

    friend bool operator==(const Setting&, const Setting&) = default;
  };
  Setting SettingOf(const std::string& module, PatternRule rule) const;
  bool Targets(const std::string& module, int layer) const;
};

// `file` is for messages. kInvalidArgument names the field that is not
// supported, kDataLoss what is not JSON.
Result<PeftLoraConfig> ParsePeftConfig(std::string_view json,
                                       const std::string& file);

// One adapted module as it is written.
struct PeftModule {
  int64_t rank;
  double alpha;
};

// adapter_config.json as save_pretrained lays it out, with the fields that PEFT
// 0.6 knows (versions up to 0.13 fail on others). `modules` is not empty
// and keyed by full name; `target_modules` as PEFT wants it.
std::string FormatPeftConfig(const std::map<std::string, PeftModule>& modules,
                             const std::vector<std::string>& target_modules,
                             double dropout,
                             std::string_view base_model_name);

// The same for ADALORA; `kept` has every adapted module.
std::string FormatPeftConfig(const PeftAdaLora& adalora,
                             const AdaLoraSchedule& schedule,
                             const std::vector<std::string>& target_modules,
                             std::string_view base_model_name);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_PEFT_CONFIG_H_
