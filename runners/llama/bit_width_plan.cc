#include "runners/llama/bit_width_plan.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/llama/bit_width_evaluator.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/llama/configured_scoring.h"
#include "runners/llama/llama_options.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

llama::BitWidthSpaceOptions SpaceOptionsFrom(
    const v1::BitWidthEvaluator& config) {
  llama::BitWidthSpaceOptions options;
  if (config.candidates_size() > 0) {
    options.candidates.assign(config.candidates().begin(),
                              config.candidates().end());
  }
  if (config.has_group_size()) {
    options.quantisation.group_size = static_cast<int>(config.group_size());
  }
  return options;
}

int64_t TotalBytes(const llama::LlamaConfig& model,
                   const std::vector<int>& bits,
                   const llama::QuantisationOptions& options) {
  int64_t sum = 0;
  for (int i = 0; i < model.num_layers(); ++i) {
    sum += llama::QuantisedLayerBytes(model, i, bits[i], options);
  }
  return sum;
}

class BitWidthPlan final : public EvaluatorPlan {
 public:
  BitWidthPlan(v1::BitWidthEvaluator config, const ConfigSource& source)
      : config_(std::move(config)),
        source_(source),
        field_(ConfigField(source_)["evaluator"]["bit_widths"]),
        folder_(field_.Resolve(config_.model())),
        space_options_(SpaceOptionsFrom(config_)) {}

  Status Read() {
    RA_RETURN_IF_ERROR(ReadModelConfig());
    RA_RETURN_IF_ERROR(CheckHeldoutTexts(config_.scoring(), field_["scoring"]));
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

  // Every uniform width that the budget allows: the widest is the one to beat.
  std::vector<Baseline> baselines() const override {
    std::vector<Baseline> baselines;
    for (auto bits = space_options_.candidates.rbegin();
         bits != space_options_.candidates.rend();
         ++bits) {
      auto uniform = space_->FromValues(
          std::vector<double>(space_->num_parameters(), *bits));
      if (!uniform || !space_->KeepsConstraints(*uniform)) continue;
      baselines.push_back(
          {"uniform " + std::to_string(*bits) + " bits", *std::move(uniform)});
    }
    return baselines;
  }

  std::string cost_unit() const override { return "bytes"; }

  std::optional<int64_t> NumParameters(
      const Configuration& configuration) const override {
    return TotalBytes(model_,
                      llama::BitWidthsOf(*space_, configuration),
                      space_options_.quantisation);
  }

  Result<std::vector<Fact>> Facts() const override {
    std::vector<Fact> facts = {
        {"model",
         folder_.string() + ", " + FormatCount(llama::NumParameters(model_)) +
             " parameters"},
        {"group size", std::to_string(space_options_.quantisation.group_size)}};
    if (space_options_.max_bytes) {
      facts.emplace_back("budget",
                         FormatCount(*space_options_.max_bytes) + " bytes");
    }
    return facts;
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& parts) override {
    const llama::ModelOptions options{.dtype = DtypeFrom(config_.dtype()),
                                      .device = DeviceFrom(config_.device())};
    RA_RETURN_IF_ERROR(llama::OpenDevice(options.device));
    // One thread an operation: trials run side by side.
    llama::SetIntraOpThreads(1);
    RA_ASSIGN_OR_RETURN(llama::HeldOutScorer scorer, MakeScorer());
    RA_ASSIGN_OR_RETURN(llama::Model model,
                        llama::Model::Load(folder_, options));
    auto evaluator =
        llama::BitWidthEvaluator::Create({.model = std::move(model),
                                          .space = *space_,
                                          .scorer = std::move(scorer)},
                                         space_options_.quantisation);
    if (!evaluator) return field_.In(evaluator.error());
    evaluator_ = evaluator->get();
    cancellation_ = &parts.cancellation;
    return *std::move(evaluator);
  }

  Result<std::vector<Reference>> MeasureReferences(
      std::span<const uint64_t> /*seeds*/) override {
    RA_ASSIGN_OR_RETURN(
        Measurement measurement,
        evaluator_->ScoreFullPrecision(ItemSplit::kConfirm, cancellation_));
    return std::vector<Reference>{
        {.label = "full precision", .measurements = {std::move(measurement)}}};
  }

 private:
  Status ReadModelConfig() {
    auto model = llama::LoadLlamaConfig(folder_);
    if (!model) return field_["model"].In(model.error());
    model_ = *std::move(model);
    return {};
  }

  Status MakeSpace() {
    if (config_.budget().has_bytes()) {
      space_options_.max_bytes = static_cast<int64_t>(config_.budget().bytes());
    } else if (config_.budget().has_uniform_bits()) {
      const std::vector<int> uniform(
          model_.layers.size(),
          static_cast<int>(config_.budget().uniform_bits()));
      space_options_.max_bytes =
          TotalBytes(model_, uniform, space_options_.quantisation);
    }
    auto space = llama::MakeBitWidthSpace(model_, space_options_);
    if (!space) return field_.In(space.error());
    space_ = *std::move(space);
    return {};
  }

  Result<llama::HeldOutScorer> MakeScorer() const {
    RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                        llama::Tokenizer::Load(folder_));
    RA_RETURN_IF_ERROR(llama::CheckVocabulary(tokenizer, model_));
    return MakeHeldOutScorer(config_.scoring(),
                             field_["scoring"],
                             objective_.metric,
                             tasks_,
                             tokenizer);
  }

  const v1::BitWidthEvaluator config_;
  const ConfigSource source_;
  const ConfigField field_;  // of source_
  const std::filesystem::path folder_;
  llama::BitWidthSpaceOptions space_options_;

  // Set by Read().
  llama::LlamaConfig model_;
  std::vector<llama::Task> tasks_;
  ScoredObjective objective_;
  std::optional<SearchSpace> space_;

  // Set by MakeEvaluator().
  const llama::BitWidthEvaluator* evaluator_ = nullptr;  // the caller's
  const CancellationFlag* cancellation_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<EvaluatorPlan>> MakeBitWidthPlan(
    const v1::SearchConfig& config, const ConfigSource& source) {
  auto plan =
      std::make_unique<BitWidthPlan>(config.evaluator().bit_widths(), source);
  RA_RETURN_IF_ERROR(plan->Read());
  return plan;
}

}  // namespace rankadaptor::runners
