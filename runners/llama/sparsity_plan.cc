#include "runners/llama/sparsity_plan.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/sparsity.h"
#include "rankadaptor/llama/sparsity_evaluator.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/llama/configured_pruning.h"
#include "runners/llama/configured_recovery.h"
#include "runners/llama/configured_scoring.h"
#include "runners/llama/kept_adapters.h"
#include "runners/llama/llama_options.h"
#include "runners/llama/model_plan.h"
#include "runners/llama/sparsity_options.h"
#include "runners/llama/trial_facts.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

class SparsityPlan final : public ModelPlan {
 public:
  SparsityPlan(v1::SparsityEvaluator config, const ConfigSource& source)
      : config_(std::move(config)),
        source_(source),
        field_(ConfigField(source_)["evaluator"]["sparsity"]),
        folder_(field_.Resolve(config_.model())),
        model_options_{.dtype = DtypeFrom(config_.dtype()),
                       .device = DeviceFrom(config_.device())} {}

  Status Read() {
    if (Status s = CheckFidelities(fidelities()); !s) {
      return field_["fidelities"].In(s.error());
    }
    RA_RETURN_IF_ERROR(ReadModelConfig());
    RA_RETURN_IF_ERROR(CheckFiles());
    RA_ASSIGN_OR_RETURN(tasks_,
                        LoadTasks(config_.scoring(), field_["scoring"]));
    RA_ASSIGN_OR_RETURN(objective_,
                        ObjectiveFrom(config_.objective(),
                                      config_.scoring(),
                                      tasks_,
                                      field_["objective"]));
    return MakeSpace();
  }

  const SearchSpace& space() const override { return *space_; }
  const Objective& objective() const override { return objective_.shown; }
  std::vector<Baseline> baselines() const override { return baselines_; }
  std::vector<double> fidelities() const override {
    return FidelitiesFrom(config_.fidelities(), config_.recovery());
  }

  std::string cost_unit() const override {
    return CountsAdapter() ? "parameters with the adapter" : "parameters";
  }

  std::optional<int64_t> NumParameters(
      const Configuration& configuration) const override {
    const llama::SparsityChoice choice =
        llama::SparsityChoiceOf(*space_, configuration, space_options_);
    const auto left =
        llama::PlanLayerRatios(dense_, choice.ratios, space_options_.pruning);
    if (!left) return std::nullopt;
    const int64_t adapter =
        CountsAdapter() ? llama::NumAdapterParameters(*left, choice.ranks) : 0;
    return llama::NumParameters(*left) + adapter;
  }

  Result<std::vector<Fact>> Facts() const override {
    RA_ASSIGN_OR_RETURN(const llama::Tokenizer tokenizer,
                        llama::Tokenizer::Load(folder_));
    RA_ASSIGN_OR_RETURN(const llama::RecoveryData data, ReadData(tokenizer));
    RA_ASSIGN_OR_RETURN(
        const std::vector<llama::HeldoutText> texts,
        LoadHeldoutTexts(config_.scoring(), field_["scoring"], tokenizer));
    std::vector<Fact> facts = {{"model",
                                folder_.string() + ", " +
                                    FormatCount(llama::NumParameters(dense_)) +
                                    " parameters"}};
    if (space_options_.ranks.size() == 1) {
      facts.emplace_back("rank of all layers",
                         std::to_string(space_options_.ranks.front()));
    }
    AddTrialFacts({config_.recovery(), config_.scoring(), data, tasks_, texts},
                  &facts);
    return facts;
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& parts) override {
    RA_RETURN_IF_ERROR(llama::OpenDevice(model_options_.device));
    // One thread an operation: trials run side by side.
    llama::SetIntraOpThreads(1);
    RA_ASSIGN_OR_RETURN(const llama::Tokenizer tokenizer,
                        llama::Tokenizer::Load(folder_));
    RA_RETURN_IF_ERROR(llama::CheckVocabulary(tokenizer, dense_));
    RA_ASSIGN_OR_RETURN(llama::RecoveryData data, ReadData(tokenizer));
    RA_ASSIGN_OR_RETURN(llama::HeldOutScorer scorer,
                        MakeHeldOutScorer(config_.scoring(),
                                          field_["scoring"],
                                          objective_.metric,
                                          tasks_,
                                          tokenizer));
    RA_ASSIGN_OR_RETURN(llama::Model model,
                        llama::Model::Load(folder_, model_options_));
    RA_ASSIGN_OR_RETURN(
        llama::Importance importance,
        ImportanceAsConfigured(
            config_.pruning(), field_["pruning"], model, folder_));
    auto evaluator =
        llama::SparsityEvaluator::Create({.model = std::move(model),
                                          .importance = std::move(importance),
                                          .space = *space_,
                                          .recovery_data = std::move(data),
                                          .scorer = std::move(scorer)},
                                         EvaluatorOptions(parts));
    if (!evaluator) return field_.In(evaluator.error());
    evaluator_ = evaluator->get();
    cancellation_ = &parts.cancellation;
    return *std::move(evaluator);
  }

  // The dense model, and what the first baseline starts from.
  Result<std::vector<Reference>> MeasureReferences(
      std::span<const uint64_t> /*seeds*/) override {
    std::vector<Reference> references;
    RA_ASSIGN_OR_RETURN(
        Measurement dense,
        evaluator_->Score(
            evaluator_->dense(), ItemSplit::kConfirm, cancellation_));
    references.push_back(
        {.label = "dense", .measurements = {std::move(dense)}});
    if (baselines_.empty()) return references;
    RA_ASSIGN_OR_RETURN(const TrialModel pruned,
                        ModelOf(baselines_.front().configuration));
    RA_ASSIGN_OR_RETURN(
        Measurement measurement,
        evaluator_->Score(pruned.model, ItemSplit::kConfirm, cancellation_));
    references.push_back({.label = baselines_.front().label + ", not recovered",
                          .measurements = {std::move(measurement)}});
    return references;
  }

  const std::string& model_name() const override { return config_.model(); }
  const fs::path& model_folder() const override { return folder_; }
  llama::Dtype dtype() const override { return model_options_.dtype; }

  Result<TrialModel> ModelOf(
      const Configuration& configuration) const override {
    RA_ASSIGN_OR_RETURN(llama::KeptIndices kept,
                        evaluator_->Kept(configuration));
    RA_ASSIGN_OR_RETURN(llama::Model model,
                        llama::ApplyKept(evaluator_->dense(), kept));
    return TrialModel{std::move(model), std::move(kept)};
  }

  Result<llama::Adapter> Recover(
      const Trial& trial, const llama::TrainingHooks& hooks) const override {
    return evaluator_->Recover(
        trial.configuration, trial.seed, hooks, trial.fidelity);
  }

 private:
  // Model and adapter share a budget: what a configuration costs is both.
  bool CountsAdapter() const {
    return space_options_.max_parameters_with_adapter.has_value();
  }

  Status ReadModelConfig() {
    auto model = llama::LoadLlamaConfig(folder_);
    if (!model) return field_["model"].In(model.error());
    dense_ = *std::move(model);
    return {};
  }

  Status CheckFiles() const {
    RA_RETURN_IF_ERROR(CheckWidthPruning(config_.pruning(), field_["pruning"]));
    RA_RETURN_IF_ERROR(CheckRecoveryData(config_.recovery().data(),
                                         field_["recovery"]["data"]));
    return CheckHeldoutTexts(config_.scoring(), field_["scoring"]);
  }

  Status MakeSpace() {
    RA_ASSIGN_OR_RETURN(space_options_,
                        SparsitySpaceOptionsFrom(config_, field_, dense_));
    auto space = llama::MakeSparsitySpace(dense_, space_options_);
    if (!space) return field_.In(space.error());
    space_ = *std::move(space);
    RA_ASSIGN_OR_RETURN(
        baselines_,
        SparsityBaselinesFrom(config_, field_, space_options_, *space_));
    return {};
  }

  Result<llama::RecoveryData> ReadData(
      const llama::Tokenizer& tokenizer) const {
    return LoadRecoveryData(
        config_.recovery().data(), field_["recovery"]["data"], tokenizer);
  }

  llama::SparsityEvaluatorOptions EvaluatorOptions(
      const EvaluatorParts& parts) const {
    llama::SparsityEvaluatorOptions options;
    options.space = space_options_;
    options.fidelities = fidelities();
    options.lora = LoraOptionsFrom(config_.recovery(), {});
    options.recovery = RecoveryOptionsFrom(config_.recovery(), parts.artifacts);
    options.on_recovered =
        [keep = ConfirmedAdapters(parts.artifacts, folder_, baselines_)](
            const Configuration& configuration,
            TrialContext& trial,
            const llama::KeptIndices& kept,
            const llama::Adapter& adapter) {
          return keep.Keep(configuration, trial, adapter, &kept);
        };
    return options;
  }

  const v1::SparsityEvaluator config_;
  const ConfigSource source_;
  const ConfigField field_;  // of source_
  const fs::path folder_;
  const llama::ModelOptions model_options_;

  // Set by Read().
  llama::LlamaConfig dense_;
  std::vector<llama::Task> tasks_;
  ScoredObjective objective_;
  llama::SparsitySpaceOptions space_options_;
  std::optional<SearchSpace> space_;
  std::vector<Baseline> baselines_;

  // Set by MakeEvaluator().
  const llama::SparsityEvaluator* evaluator_ = nullptr;  // the caller's
  const CancellationFlag* cancellation_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<EvaluatorPlan>> MakeSparsityPlan(
    const v1::SearchConfig& config, const ConfigSource& source) {
  auto plan =
      std::make_unique<SparsityPlan>(config.evaluator().sparsity(), source);
  RA_RETURN_IF_ERROR(plan->Read());
  return plan;
}

}  // namespace rankadaptor::runners
