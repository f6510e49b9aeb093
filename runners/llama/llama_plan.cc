#include "runners/llama/llama_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/file.h"
#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/nested_preview.h"
#include "rankadaptor/llama/rank_space.h"
#include "rankadaptor/llama/recovery_method.h"

#include "runners/llama/configured_pruning.h"
#include "runners/llama/configured_recovery.h"
#include "runners/llama/configured_scoring.h"
#include "runners/llama/kept_adapters.h"
#include "runners/llama/llama_options.h"
#include "runners/llama/preview_file.h"
#include "runners/llama/pruning_report.h"
#include "runners/llama/trial_facts.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

constexpr int kUsualRank = 8;

// Layers that are narrower than the widest: those that somebody pruned.
std::vector<int> NarrowLayers(const llama::LlamaConfig& config) {
  llama::LayerShape widest;
  for (const llama::LayerShape& shape : config.layers) {
    widest.num_heads = std::max(widest.num_heads, shape.num_heads);
    widest.num_kv_heads = std::max(widest.num_kv_heads, shape.num_kv_heads);
    widest.intermediate_size =
        std::max(widest.intermediate_size, shape.intermediate_size);
  }
  llama::LlamaConfig dense = config;
  dense.layers.assign(config.layers.size(), widest);
  return llama::PrunedLayers(dense, config);
}

llama::RankGranularity GranularityFrom(v1::RankGranularity granularity) {
  switch (granularity) {
    case v1::RANK_GRANULARITY_MODULE_CLASS:
      return llama::RankGranularity::kModuleClass;
    case v1::RANK_GRANULARITY_PROJECTION:
      return llama::RankGranularity::kProjection;
    default:
      return llama::RankGranularity::kLayer;
  }
}

// One rank per layer also stands for all parameters of the layers.
std::vector<double> ForEachParameter(const v1::RankBaseline& baseline,
                                     int num_layers,
                                     int num_parameters) {
  const auto& ranks = baseline.ranks();
  std::vector<double> values(ranks.begin(), ranks.end());
  if (std::ssize(values) != num_layers) return values;
  const int per_layer = num_parameters / num_layers;
  values.clear();
  for (uint32_t rank : ranks) values.insert(values.end(), per_layer, rank);
  return values;
}

}  // namespace

Result<std::unique_ptr<LlamaPlan>> LlamaPlan::Create(
    const v1::SearchConfig& config, const ConfigSource& source) {
  std::unique_ptr<LlamaPlan> plan(new LlamaPlan(config, source));
  if (Status s = CheckFidelities(plan->fidelities()); !s) {
    return plan->Field()["fidelities"].In(s.error());
  }
  RA_RETURN_IF_ERROR(plan->ReadModelConfigs());
  RA_RETURN_IF_ERROR(plan->CheckFiles());
  RA_RETURN_IF_ERROR(plan->ReadTasks());
  RA_RETURN_IF_ERROR(plan->ChooseObjective());
  RA_RETURN_IF_ERROR(plan->MakeSpace());
  RA_RETURN_IF_ERROR(plan->MakeBaselines());
  return plan;
}

LlamaPlan::LlamaPlan(const v1::SearchConfig& config, ConfigSource source)
    : seed_(config.seed()),
      config_(config.evaluator().llama()),
      source_(std::move(source)),
      model_folder_(source_.Resolve(config_.model())),
      model_options_{.dtype = DtypeFrom(config_.dtype()),
                     .device = DeviceFrom(config_.device())} {}

ConfigField LlamaPlan::Field() const {
  return ConfigField(source_)["evaluator"]["llama"];
}

Status LlamaPlan::ReadModelConfigs() {
  const fs::path file = model_folder_ / "config.json";
  auto json = ReadFile(file);
  if (!json) return Field()["model"].In(json.error());
  auto dense = llama::ParseLlamaConfig(*json, file);
  if (!dense) return Field()["model"].In(dense.error());
  dense_ = pruned_ = *std::move(dense);
  if (!config_.has_pruning()) return {};
  RA_ASSIGN_OR_RETURN(
      PruningPlan plan,
      PlanPruning(config_.pruning(), Field()["pruning"], dense_));
  pruned_ = std::move(plan.config);
  free_layers_ = std::move(plan.free_layers);
  return {};
}

Status LlamaPlan::CheckFiles() const {
  if (config_.has_pruning()) {
    RA_RETURN_IF_ERROR(CheckPruning(config_.pruning(), Field()["pruning"]));
  }
  RA_RETURN_IF_ERROR(CheckRecoveryData(config_.recovery().data(),
                                       Field()["recovery"]["data"]));
  RA_RETURN_IF_ERROR(CheckHeldoutTexts(config_.scoring(), Field()["scoring"]));
  const int64_t steps = RecoveryOptionsFrom(config_.recovery()).steps;
  return steps > 0 ? CheckAdaLora(steps) : Status();
}

// Now, not when the search is over.
Status LlamaPlan::CheckAdaLora(int64_t num_updates) const {
  if (!config_.has_adalora()) return {};
  auto schedule = llama::MakeAdaLoraSchedule(
      AdaLoraOptionsFrom(config_.adalora(), config_.recovery().lora()),
      num_updates);
  if (!schedule) return Field()["adalora"].In(schedule.error());
  return {};
}

Status LlamaPlan::ReadTasks() {
  RA_ASSIGN_OR_RETURN(tasks_, LoadTasks(config_.scoring(), Field()["scoring"]));
  return {};
}

Status LlamaPlan::ChooseObjective() {
  RA_ASSIGN_OR_RETURN(ScoredObjective chosen,
                      ObjectiveFrom(config_.objective(),
                                    config_.scoring(),
                                    tasks_,
                                    Field()["objective"]));
  objective_metric_ = std::move(chosen.metric);
  objective_ = std::move(chosen.shown);
  return {};
}

Status LlamaPlan::MakeSpace() {
  const v1::RankSpace& ranks = config_.ranks();
  llama::RankSpaceOptions options;
  if (ranks.candidates_size() > 0) {
    options.candidates.assign(ranks.candidates().begin(),
                              ranks.candidates().end());
  }
  if (ranks.has_frozen_rank()) {
    options.frozen_rank = static_cast<int>(ranks.frozen_rank());
  }
  options.granularity = GranularityFrom(ranks.granularity());
  RA_ASSIGN_OR_RETURN(options.searched_layers, SearchedLayers());
  if (!ranks.budget().unlimited()) {
    options.max_adapter_parameters = MaxAdapterParameters();
  }
  // Layers that were removed whole leave the others as they were.
  if (config_.has_pruning() && pruned_.num_layers() == dense_.num_layers()) {
    options.dense = dense_;
  }
  auto space = llama::MakeRankSpace(pruned_, options);
  if (!space) return Field()["ranks"].In(space.error());
  space_ = *std::move(space);
  return {};
}

// Those given, else those pruned, else all.
Result<std::vector<int>> LlamaPlan::SearchedLayers() const {
  if (config_.ranks().has_layers()) {
    RA_ASSIGN_OR_RETURN(
        llama::LayerRange range,
        LayerRangeFrom(config_.ranks().layers(), Field()["ranks"]["layers"]));
    std::vector<int> layers(range.end - range.begin);
    std::iota(layers.begin(), layers.end(), range.begin);
    return layers;
  }
  std::vector<int> layers =
      config_.has_pruning() ? free_layers_ : NarrowLayers(pruned_);
  if (!layers.empty()) return layers;
  layers.resize(pruned_.layers.size());
  std::iota(layers.begin(), layers.end(), 0);
  return layers;
}

int64_t LlamaPlan::MaxAdapterParameters() const {
  const v1::RankBudget& budget = config_.ranks().budget();
  if (budget.has_parameters()) {
    return static_cast<int64_t>(budget.parameters());
  }
  const int rank = budget.has_uniform_rank()
                       ? static_cast<int>(budget.uniform_rank())
                       : kUsualRank;
  return llama::NumAdapterParameters(
      pruned_, std::vector<int>(pruned_.layers.size(), rank));
}

Status LlamaPlan::MakeBaselines() {
  const v1::RankBudget& budget = config_.ranks().budget();
  const int rank = budget.has_uniform_rank()
                       ? static_cast<int>(budget.uniform_rank())
                       : kUsualRank;
  std::vector<double> uniform(space_->num_parameters(), rank);
  for (int i = 0; i < space_->num_parameters(); ++i) {
    const std::vector<double>& choices = space_->parameter(i).choices;
    if (choices.size() == 1) uniform[i] = choices[0];
  }
  // Not of the space if the rank is no candidate: then there is none.
  if (auto configuration = space_->FromValues(uniform)) {
    baselines_.push_back({"uniform " + std::to_string(rank), *configuration});
  }
  const ConfigField field = Field()["ranks"]["baselines"];
  for (int i = 0; i < config_.ranks().baselines_size(); ++i) {
    const v1::RankBaseline& baseline = config_.ranks().baselines(i);
    auto configuration = space_->FromValues(ForEachParameter(
        baseline, pruned_.num_layers(), space_->num_parameters()));
    if (!configuration) return field[i]["ranks"].In(configuration.error());
    baselines_.push_back({baseline.name(), *configuration});
  }
  return {};
}

std::vector<double> LlamaPlan::fidelities() const {
  return FidelitiesFrom(config_.fidelities(), config_.recovery());
}

std::optional<int64_t> LlamaPlan::NumParameters(
    const Configuration& configuration) const {
  return llama::NumParametersOf(
      pruned_,
      llama::ModuleRanksOf(*space_, configuration, pruned_.num_layers()));
}

Result<std::vector<Fact>> LlamaPlan::Facts() const {
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(model_folder_));
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryData data,
      LoadRecoveryData(
          config_.recovery().data(), Field()["recovery"]["data"], tokenizer));
  RA_ASSIGN_OR_RETURN(std::vector<llama::HeldoutText> texts,
                      ReadTexts(tokenizer));
  std::vector<Fact> facts = {{"model",
                              model_folder_.string() + ", " +
                                  FormatCount(llama::NumParameters(dense_)) +
                                  " parameters"}};
  if (config_.has_pruning()) {
    facts.emplace_back("after pruning", ParametersKept(dense_, pruned_));
  }
  AddTrialFacts({config_.recovery(), config_.scoring(), data, tasks_, texts},
                &facts);
  return facts;
}

Result<std::vector<llama::HeldoutText>> LlamaPlan::ReadTexts(
    const llama::Tokenizer& tokenizer) const {
  return LoadHeldoutTexts(config_.scoring(), Field()["scoring"], tokenizer);
}

Result<llama::Model> LlamaPlan::LoadAndPrune(const EvaluatorParts& parts) {
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Model::Load(model_folder_, model_options_));
  if (!config_.has_pruning()) return model;
  RA_ASSIGN_OR_RETURN(
      llama::PruneResult pruned,
      PruneAsConfigured(
          config_.pruning(), Field()["pruning"], model, model_folder_));
  kept_ = std::move(pruned.kept);
  parts.log.Write(LogLevel::kInfo,
                  "pruned " + FormatCount(pruned.report.parameters_before) +
                      " to " + FormatCount(pruned.report.parameters_after) +
                      " parameters");
  return std::move(pruned.model);
}

llama::LlamaEvaluatorOptions LlamaPlan::Options(
    const EvaluatorParts& parts) const {
  llama::LlamaEvaluatorOptions options{
      HeldOutOptionsFrom(config_.scoring(), objective_metric_)};
  options.fidelities = fidelities();
  options.lora = LoraOptionsFrom(config_.recovery(), {});
  options.recovery = RecoveryOptionsFrom(config_.recovery(), parts.artifacts);
  options.on_recovered =
      [keep = ConfirmedAdapters(parts.artifacts, model_folder_, baselines_)](
          const Configuration& configuration,
          TrialContext& trial,
          const llama::Adapter& adapter) {
        return keep.Keep(configuration, trial, adapter, nullptr);
      };
  return options;
}

Result<std::unique_ptr<Evaluator>> LlamaPlan::MakeEvaluator(
    const EvaluatorParts& parts) {
  RA_RETURN_IF_ERROR(llama::OpenDevice(model_options_.device));
  // One thread an operation: trials run side by side.
  llama::SetIntraOpThreads(1);
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(model_folder_));
  RA_RETURN_IF_ERROR(llama::CheckVocabulary(tokenizer, dense_));
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryData data,
      LoadRecoveryData(
          config_.recovery().data(), Field()["recovery"]["data"], tokenizer));
  RA_ASSIGN_OR_RETURN(std::vector<llama::HeldoutText> texts,
                      ReadTexts(tokenizer));
  const llama::LlamaEvaluatorOptions options = Options(parts);
  RA_RETURN_IF_ERROR(
      CheckAdaLora(llama::NumUpdates(std::ssize(data.rows), options.recovery)));
  RA_ASSIGN_OR_RETURN(llama::Model model, LoadAndPrune(parts));
  auto evaluator =
      llama::LlamaEvaluator::Create({.model = std::move(model),
                                     .tokenizer = std::move(tokenizer),
                                     .space = *space_,
                                     .recovery_data = std::move(data),
                                     .tasks = tasks_,
                                     .heldout_texts = std::move(texts)},
                                    options);
  if (!evaluator) return Field().In(evaluator.error());
  evaluator_ = evaluator->get();
  cancellation_ = &parts.cancellation;
  preview_file_ = parts.artifacts / "nested_ranks.json";
  return *std::move(evaluator);
}

Result<TrialModel> LlamaPlan::ModelOf(
    const Configuration& /*configuration*/) const {
  return TrialModel{evaluator_->model(), kept_};
}

Result<llama::Adapter> LlamaPlan::Recover(
    const Trial& trial, const llama::TrainingHooks& hooks) const {
  return evaluator_->Recover(
      trial.configuration, trial.seed, hooks, trial.fidelity);
}

// Kept beside the adapters: a study that goes on reads it, or makes the same
// again.
Result<Preview> LlamaPlan::MakePreview() {
  if (!config_.has_nested_ranks()) return Preview();
  llama::NestedPreviewOptions options =
      NestedPreviewOptionsFrom(config_.nested_ranks());
  options.seed = DeriveSeed(seed_, "preview");
  const std::string key = PreviewKey(config_, *space_, seed_);
  if (auto kept = ReadPreview(preview_file_, key, *space_)) return *kept;
  const double start = SystemClock().MonotonicSeconds();
  RA_ASSIGN_OR_RETURN(
      SourceStudy source,
      llama::PreviewByNestedRanks(
          *evaluator_, options, {.cancellation = cancellation_}));
  Preview preview{.sources = {std::move(source)},
                  .seconds = SystemClock().MonotonicSeconds() - start};
  RA_RETURN_IF_ERROR(WritePreview(preview_file_, key, *space_, preview));
  return preview;
}

Result<std::vector<Reference>> LlamaPlan::MeasureReferences(
    std::span<const uint64_t> seeds) {
  std::vector<Reference> references;
  auto measure = [&](const char* label, const llama::Model& model) -> Status {
    RA_ASSIGN_OR_RETURN(
        Measurement measurement,
        evaluator_->Score(model, nullptr, ItemSplit::kConfirm, cancellation_));
    references.push_back(
        {.label = label, .measurements = {std::move(measurement)}});
    return {};
  };
  if (config_.has_pruning()) {
    RA_ASSIGN_OR_RETURN(llama::Model dense,
                        llama::Model::Load(model_folder_, model_options_));
    RA_RETURN_IF_ERROR(measure("dense", dense));
  }
  RA_RETURN_IF_ERROR(measure(config_.has_pruning() ? "pruned" : "not recovered",
                             evaluator_->model()));
  if (config_.has_adalora()) {
    RA_ASSIGN_OR_RETURN(Reference adalora, MeasureAdaLora(seeds));
    references.push_back(std::move(adalora));
  }
  return references;
}

// Its runs keep their checkpoints, so that a report that is made again does not
// train again.
Result<Reference> LlamaPlan::MeasureAdaLora(
    std::span<const uint64_t> seeds) const {
  const llama::AdaLoraOptions options =
      AdaLoraOptionsFrom(config_.adalora(), config_.recovery().lora());
  Reference reference{.label = "AdaLoRA",
                      .measurements = {},
                      .seeds = {seeds.begin(), seeds.end()}};
  for (uint64_t seed : seeds) {
    RA_ASSIGN_OR_RETURN(const llama::MethodResult result,
                        llama::RecoverBy(options,
                                         evaluator_->model(),
                                         evaluator_->recovery_data(),
                                         evaluator_->lora(),
                                         evaluator_->RecoveryOf(seed),
                                         {.cancellation = cancellation_}));
    RA_ASSIGN_OR_RETURN(Measurement measurement,
                        evaluator_->Score(evaluator_->model(),
                                          &result.recovery.adapter,
                                          ItemSplit::kConfirm,
                                          cancellation_));
    reference.measurements.push_back(std::move(measurement));
    reference.num_parameters = result.adalora->adapter.NumParameters();
  }
  return reference;
}

}  // namespace rankadaptor::runners
