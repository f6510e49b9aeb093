// Option structs as texts that are equal if those members are that a config can
// set.
#ifndef RANKADAPTOR_TESTS_UNIT_RUNNERS_OPTION_TEXT_H_
#define RANKADAPTOR_TESTS_UNIT_RUNNERS_OPTION_TEXT_H_

#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "rankadaptor/llama/adalora.h"
#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/depth_pruning.h"
#include "rankadaptor/llama/held_out_scorer.h"
#include "rankadaptor/llama/nested_preview.h"
#include "rankadaptor/llama/perplexity.h"
#include "rankadaptor/llama/pretraining.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/recovery_method.h"
#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/search/study.h"

#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

class Text {
 public:
  template <typename... T>
  explicit Text(const T&... values) {
    out_.precision(17);
    (Add(values), ...);
  }
  std::string str() const { return out_.str(); }

 private:
  template <typename T>
  void Add(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      out_ << static_cast<int>(value) << ' ';
    } else {
      out_ << value << ' ';
    }
  }
  template <typename T>
  void Add(const std::vector<T>& values) {
    out_ << "[ ";
    for (const T& value : values) Add(value);
    out_ << "] ";
  }
  template <typename T>
  void Add(const std::optional<T>& value) {
    value ? Add(*value) : Add("none");
  }
  void Add(const Configuration& configuration) { Add(configuration.choices); }
  void Add(const Baseline& baseline) {
    Add(baseline.label);
    Add(baseline.configuration);
  }
  void Add(const llama::LayerShape& shape) {
    Add(shape.num_heads);
    Add(shape.num_kv_heads);
    Add(shape.intermediate_size);
  }

  std::ostringstream out_;
};

inline std::string TextOf(const llama::AdamWOptions& o) {
  return Text(o.beta1, o.beta2, o.epsilon, o.weight_decay).str();
}

inline std::string TextOf(const llama::RecoveryOptions& o) {
  return Text(o.batch_size,
              o.micro_batch_size,
              o.epochs,
              o.steps,
              o.learning_rate,
              o.warmup_steps,
              o.decay,
              TextOf(o.adamw),
              o.max_grad_norm,
              o.loss_weighting,
              o.seed,
              o.recompute_activations,
              o.checkpoint_folder,
              o.checkpoint_interval)
      .str();
}

inline std::string TextOf(const llama::LoraOptions& o) {
  return Text(o.ranks, o.alpha, o.scale_policy, o.dropout).str();
}

inline std::string TextOf(const llama::AdaLoraOptions& o) {
  return Text(o.initial_rank,
              o.target_rank,
              o.initial_updates,
              o.final_updates,
              o.allocation_interval,
              o.beta1,
              o.beta2,
              o.orthogonality_weight,
              o.alpha,
              o.dropout)
      .str();
}

inline std::string TextOf(const llama::NestedPreviewOptions& o) {
  return Text(o.steps, o.num_vectors, o.item_share).str();
}

inline std::string TextOf(const llama::RecoveryMethod& method) {
  if (const auto* adalora = std::get_if<llama::AdaLoraOptions>(&method)) {
    return TextOf(*adalora);
  }
  return Text(std::get<std::vector<int>>(method)).str();
}

inline std::string TextOf(const llama::WidthPruneOptions& o) {
  return Text(o.ratio,
              o.attention_layers.begin,
              o.attention_layers.end,
              o.mlp_layers.begin,
              o.mlp_layers.end,
              o.gqa_fold,
              o.criterion,
              o.second_order,
              o.reduction,
              o.scope,
              o.num_steps,
              o.channel_multiple,
              o.seed)
      .str();
}

inline std::string TextOf(const llama::DepthPruneOptions& o) {
  return Text(o.criterion,
              o.norm_power,
              o.num_blocks,
              o.ratio,
              o.num_protected_first,
              o.num_protected_last)
      .str();
}

inline std::string TextOf(const llama::CalibrationOptions& o) {
  return Text(o.num_windows, o.window_tokens, o.unit, o.seed).str();
}

inline std::string TextOf(const llama::InstructionOptions& o) {
  return Text(o.cutoff_length,
              o.prompt_style,
              o.train_on_inputs,
              o.add_eos_token)
      .str();
}

inline std::string TextOf(const llama::TextOptions& o) {
  return Text(o.cutoff_length, o.document_separator, o.append_eos).str();
}

inline std::string TextOf(const llama::HeldOutOptions& o) {
  return Text(o.objective,
              o.search_fraction,
              o.split_seed,
              o.preset,
              o.scoring.max_length,
              o.scoring.batch_size)
      .str();
}

inline std::string TextOf(const llama::TokenWindowOptions& o) {
  return Text(o.length, o.max_windows).str();
}

inline std::string TextOf(const llama::PretrainingOptions& o) {
  return Text(o.steps,
              o.tokens_per_batch,
              o.row_length,
              o.learning_rate,
              o.warmup_steps,
              o.decay,
              TextOf(o.adamw),
              o.max_grad_norm,
              o.seed,
              o.device)
      .str();
}

inline std::string TextOf(const llama::LlamaConfig& o) {
  return Text(o.layers,
              o.hidden_size,
              o.head_dim,
              o.rms_norm_eps,
              o.rope_theta,
              o.max_position_embeddings,
              o.tie_word_embeddings,
              o.initializer_range)
      .str();
}

inline std::string TextOf(const StudyOptions& o) {
  return Text(o.seed,
              o.num_initial_trials,
              o.max_trials,
              o.enqueued,
              o.batch_size,
              o.num_workers,
              o.asynchronous,
              o.convergence_threshold,
              o.convergence_rounds,
              o.improvement_threshold,
              o.time_budget_seconds,
              o.stagnation_trials,
              o.wall_time_seconds,
              o.independent_seeds,
              o.num_recommended,
              o.num_confirm_seeds,
              o.baselines)
      .str();
}

inline std::string TextOf(const StrategyOptions& o) {
  return Text(o.seed,
              o.num_candidates,
              o.num_final_candidates,
              o.num_random_trials,
              o.fidelities,
              o.proportional_weights)
      .str();
}

inline std::string TextOf(const EvaluatorPlan& plan) {
  std::string text =
      Text(plan.objective().name,
           plan.objective().minimised,
           plan.baselines(),
           plan.fidelities(),
           plan.NumParameters(plan.space().feasible_configuration()))
          .str();
  for (const Parameter& parameter : plan.space().parameters()) {
    text += Text(parameter.name, parameter.choices).str();
  }
  for (const LinearConstraint& constraint : plan.space().constraints()) {
    text += Text(constraint.unit, constraint.weights, constraint.limit).str();
  }
  return text;
}

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_TESTS_UNIT_RUNNERS_OPTION_TEXT_H_
