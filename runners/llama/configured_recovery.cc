#include "runners/llama/configured_recovery.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "runners/llama/llama_options.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

constexpr int kDefaultRank = 8;

// Recoveries of so many updates are worth a short trial first, of this share.
constexpr int64_t kLongRecovery = 400;
constexpr double kShortTrial = 0.25;

// Refuses what is given but would have no effect.
Status CheckFieldsFit(const v1::RecoveryData& data, const ConfigField& field) {
  if (data.has_document_separator() && !data.has_text()) {
    return field["document_separator"].Invalid("is for `text` only");
  }
  if (data.has_append_eos() && data.has_alpaca()) {
    return field["append_eos"].Invalid("is for `text` and `jsonl` only");
  }
  if (data.has_prompt_style() && !data.has_alpaca()) {
    return field["prompt_style"].Invalid("is for `alpaca` only");
  }
  if (data.has_train_on_inputs() && !data.has_alpaca()) {
    return field["train_on_inputs"].Invalid("is for `alpaca` only");
  }
  if (data.has_add_eos_token() && !data.has_alpaca()) {
    return field["add_eos_token"].Invalid("is for `alpaca` only");
  }
  return {};
}

Result<llama::RecoveryData> Load(const v1::RecoveryData& data,
                                 const ConfigField& field,
                                 const llama::Tokenizer& tokenizer) {
  if (data.has_alpaca()) {
    return llama::LoadAlpaca(
        field.Resolve(data.alpaca()), tokenizer, InstructionOptionsFrom(data));
  }
  if (data.has_jsonl()) {
    return llama::LoadJsonLines(
        field.Resolve(data.jsonl()), tokenizer, TextOptionsFrom(data));
  }
  return llama::LoadText(
      field.Resolve(data.text()), tokenizer, TextOptionsFrom(data));
}

llama::LoraScalePolicy ScalePolicyFrom(v1::LoraScalePolicy policy,
                                       llama::LoraScalePolicy otherwise) {
  switch (policy) {
    case v1::LORA_SCALE_POLICY_FIXED_ALPHA:
      return llama::LoraScalePolicy::kFixedAlpha;
    case v1::LORA_SCALE_POLICY_FIXED_ALPHA_OVER_RANK:
      return llama::LoraScalePolicy::kFixedAlphaOverRank;
    case v1::LORA_SCALE_POLICY_RANK_STABILISED:
      return llama::LoraScalePolicy::kRankStabilised;
    default:
      return otherwise;
  }
}

}  // namespace

Status CheckRecoveryData(const v1::RecoveryData& data,
                         const ConfigField& field) {
  RA_RETURN_IF_ERROR(CheckFieldsFit(data, field));
  if (data.has_alpaca()) return field["alpaca"].CheckIsFile(data.alpaca());
  if (data.has_jsonl()) return field["jsonl"].CheckIsFile(data.jsonl());
  return field["text"].CheckIsFile(data.text());
}

llama::InstructionOptions InstructionOptionsFrom(const v1::RecoveryData& data) {
  llama::InstructionOptions options;
  if (data.has_cutoff_length()) options.cutoff_length = data.cutoff_length();
  if (data.prompt_style() == v1::PROMPT_STYLE_NO_INSTRUCTION) {
    options.prompt_style = llama::PromptStyle::kNoInstruction;
  }
  options.train_on_inputs = data.train_on_inputs();
  options.add_eos_token = data.add_eos_token();
  return options;
}

llama::TextOptions TextOptionsFrom(const v1::RecoveryData& data) {
  llama::TextOptions options;
  if (data.has_cutoff_length()) options.cutoff_length = data.cutoff_length();
  if (data.has_document_separator()) {
    options.document_separator = data.document_separator();
  }
  options.append_eos = data.append_eos();
  return options;
}

Result<llama::RecoveryData> LoadRecoveryData(
    const v1::RecoveryData& data,
    const ConfigField& field,
    const llama::Tokenizer& tokenizer) {
  RA_RETURN_IF_ERROR(CheckRecoveryData(data, field));
  auto loaded = Load(data, field, tokenizer);
  if (!loaded) return field.In(loaded.error());
  return loaded;
}

llama::RecoveryOptions RecoveryOptionsFrom(
    const v1::Recovery& recovery, const std::filesystem::path& checkpoints) {
  llama::RecoveryOptions options;
  if (recovery.has_steps()) options.steps = recovery.steps();
  if (recovery.has_epochs()) options.epochs = recovery.epochs();
  if (recovery.has_batch_size()) options.batch_size = recovery.batch_size();
  if (recovery.has_micro_batch_size()) {
    options.micro_batch_size = recovery.micro_batch_size();
  }
  if (recovery.has_learning_rate()) {
    options.learning_rate = recovery.learning_rate();
  }
  if (recovery.has_warmup_steps()) {
    options.warmup_steps = recovery.warmup_steps();
  }
  options.decay = DecayFrom(recovery.decay(), options.decay);
  if (recovery.has_weight_decay()) {
    options.adamw.weight_decay = recovery.weight_decay();
  }
  if (recovery.has_max_grad_norm()) {
    options.max_grad_norm = recovery.max_grad_norm();
  }
  if (recovery.loss_weighting() == v1::LOSS_WEIGHTING_PER_MICRO_BATCH) {
    options.loss_weighting = llama::LossWeighting::kPerMicroBatch;
  }
  options.recompute_activations = recovery.recompute_activations();
  const bool keep =
      !recovery.has_checkpoint_interval() || recovery.checkpoint_interval() > 0;
  if (keep) options.checkpoint_folder = checkpoints;
  if (recovery.checkpoint_interval() > 0) {
    options.checkpoint_interval = recovery.checkpoint_interval();
  }
  return options;
}

// A recovery that is counted in epochs goes through a whole data set, which is
// read later: it is taken for long.
std::vector<double> FidelitiesFrom(
    const google::protobuf::RepeatedField<double>& fidelities,
    const v1::Recovery& recovery) {
  if (!fidelities.empty()) return {fidelities.begin(), fidelities.end()};
  const int64_t steps = RecoveryOptionsFrom(recovery).steps;
  const bool long_trials = steps == 0 || steps >= kLongRecovery;
  return long_trials ? std::vector<double>{kShortTrial, 1}
                     : std::vector<double>{1};
}

std::string RecoveryText(const llama::RecoveryData& data,
                         const llama::RecoveryOptions& options) {
  const auto num_rows = std::ssize(data.rows);
  int64_t num_tokens = 0;
  for (const llama::TrainingRow& row : data.rows) {
    num_tokens += std::ssize(row.ids);
  }
  const int64_t num_updates = llama::NumUpdates(num_rows, options);
  const int64_t rows_per_update =
      std::min<int64_t>(options.batch_size, num_rows);
  const double tokens = static_cast<double>(num_tokens) /
                        static_cast<double>(num_rows) *
                        static_cast<double>(rows_per_update * num_updates);
  return FormatCount(num_updates) + " steps of " +
         FormatCount(rows_per_update) + " of " + FormatCount(num_rows) +
         " rows, about " + FormatCount(std::llround(tokens)) + " tokens";
}

llama::LoraOptions LoraOptionsFrom(const v1::Recovery& recovery,
                                   std::vector<int> ranks) {
  llama::LoraOptions options;
  options.ranks = std::move(ranks);
  const v1::Lora& lora = recovery.lora();
  if (lora.has_alpha()) options.alpha = lora.alpha();
  if (lora.has_dropout()) options.dropout = lora.dropout();
  options.scale_policy =
      ScalePolicyFrom(lora.scale_policy(), options.scale_policy);
  return options;
}

llama::AdaLoraOptions AdaLoraOptionsFrom(const v1::AdaLora& adalora,
                                         const v1::Lora& lora) {
  llama::AdaLoraOptions options;
  if (adalora.has_initial_rank()) {
    options.initial_rank = static_cast<int>(adalora.initial_rank());
  }
  if (adalora.has_target_rank()) {
    options.target_rank = static_cast<int>(adalora.target_rank());
  }
  if (adalora.has_initial_updates()) {
    options.initial_updates = adalora.initial_updates();
  }
  if (adalora.has_final_updates()) {
    options.final_updates = adalora.final_updates();
  }
  if (adalora.has_allocation_interval()) {
    options.allocation_interval = adalora.allocation_interval();
  }
  if (adalora.has_beta1()) options.beta1 = adalora.beta1();
  if (adalora.has_beta2()) options.beta2 = adalora.beta2();
  if (adalora.has_orthogonality_weight()) {
    options.orthogonality_weight = adalora.orthogonality_weight();
  }
  if (lora.has_alpha()) options.alpha = lora.alpha();
  if (lora.has_dropout()) options.dropout = lora.dropout();
  return options;
}

Result<llama::RecoveryMethod> RecoveryMethodFrom(
    const v1::RecoverConfig& config, const ConfigField& field, int num_layers) {
  const bool has_quarters = config.quarter_ranks_size() > 0;
  if (config.has_adalora()) {
    if (config.has_rank() || has_quarters) {
      return field["adalora"].Invalid(
          "finds ranks itself; not allowed beside rank or quarter_ranks");
    }
    if (config.recovery().lora().has_scale_policy()) {
      return field["recovery"]["lora"]["scale_policy"].Invalid(
          "is for LoRA; AdaLoRA's scale is alpha / initial_rank");
    }
    return AdaLoraOptionsFrom(config.adalora(), config.recovery().lora());
  }
  if (!has_quarters) {
    return llama::UniformRanks(
        num_layers,
        config.has_rank() ? static_cast<int>(config.rank()) : kDefaultRank);
  }
  if (config.has_rank()) {
    return field["quarter_ranks"].Invalid("is not allowed beside rank");
  }
  std::array<int, 4> quarters = {};
  if (config.quarter_ranks_size() != std::ssize(quarters)) {
    return field["quarter_ranks"].Invalid(
        "has " + std::to_string(config.quarter_ranks_size()) +
        " ranks; allowed: 4, one per quarter of the layers");
  }
  std::ranges::copy(config.quarter_ranks(), quarters.begin());
  return llama::QuarterRanks(num_layers, quarters);
}

}  // namespace rankadaptor::runners
