// The LLaMA evaluator of a study: prune once, then recover with one LoRA rank
// per layer and score, for each trial.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_LLAMA_PLAN_H_
#define RANKADAPTOR_RUNNERS_LLAMA_LLAMA_PLAN_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/llama_evaluator.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/llama/model_plan.h"

namespace rankadaptor::runners {

class LlamaPlan final : public ModelPlan {
 public:
  // `config` has a llama evaluator. Reads configs, tasks and file names, no
  // weights; errors name the field.
  static Result<std::unique_ptr<LlamaPlan>> Create(
      const v1::SearchConfig& config, const ConfigSource& source);

  const SearchSpace& space() const override { return *space_; }
  const Objective& objective() const override { return objective_; }
  std::vector<Baseline> baselines() const override { return baselines_; }
  std::vector<double> fidelities() const override;
  std::string cost_unit() const override { return "trainable parameters"; }
  std::optional<int64_t> NumParameters(
      const Configuration& configuration) const override;
  Result<std::vector<Fact>> Facts() const override;
  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& parts) override;
  bool has_preview() const override { return config_.has_nested_ranks(); }
  Result<Preview> MakePreview() override;
  Result<std::vector<Reference>> MeasureReferences(
      std::span<const uint64_t> seeds) override;

  const std::string& model_name() const override { return config_.model(); }
  const std::filesystem::path& model_folder() const override {
    return model_folder_;
  }
  llama::Dtype dtype() const override { return model_options_.dtype; }
  Result<TrialModel> ModelOf(const Configuration& configuration) const override;
  Result<llama::Adapter> Recover(
      const Trial& trial, const llama::TrainingHooks& hooks) const override;

 private:
  LlamaPlan(const v1::SearchConfig& config, ConfigSource source);

  ConfigField Field() const;
  Status ReadModelConfigs();
  Status ReadTasks();
  Status CheckFiles() const;
  Status CheckAdaLora(int64_t num_updates) const;
  Status ChooseObjective();
  Status MakeSpace();
  Status MakeBaselines();
  Result<std::vector<int>> SearchedLayers() const;
  int64_t MaxAdapterParameters() const;
  Result<llama::Model> LoadAndPrune(const EvaluatorParts& parts);
  Result<std::vector<llama::HeldoutText>> ReadTexts(
      const llama::Tokenizer& tokenizer) const;
  llama::LlamaEvaluatorOptions Options(const EvaluatorParts& parts) const;
  Result<Reference> MeasureAdaLora(std::span<const uint64_t> seeds) const;

  const uint64_t seed_;  // of the study
  const v1::LlamaEvaluator config_;
  const ConfigSource source_;
  const std::filesystem::path model_folder_;
  const llama::ModelOptions model_options_;

  llama::LlamaConfig dense_;
  llama::LlamaConfig pruned_;
  std::vector<int> free_layers_;  // as PruningPlan says
  std::vector<llama::Task> tasks_;
  Objective objective_;
  std::string objective_metric_;
  std::optional<SearchSpace> space_;  // set by Create()
  std::vector<Baseline> baselines_;

  std::optional<llama::KeptIndices> kept_;
  const llama::LlamaEvaluator* evaluator_ = nullptr;  // owned by the caller
  const CancellationFlag* cancellation_ = nullptr;    // set with it
  std::filesystem::path preview_file_;                // set with it
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_LLAMA_PLAN_H_
