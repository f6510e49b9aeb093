#include "runners/llama/export_source.h"

#include <memory>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/safetensors.h"

#include "runners/config/config_reader.h"
#include "runners/config/config_text.h"
#include "runners/llama/kept_adapters.h"
#include "runners/llama/model_plan.h"
#include "runners/report/confirmed_rows.h"
#include "runners/store/sqlite_store.h"
#include "runners/study/study_files.h"
#include "runners/study/tied_plan.h"
#include "runners/study/trial_choice.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// The model that an adapter folder says it was trained on.
Result<fs::path> BaseModelOf(const fs::path& adapter_folder) {
  const fs::path file = adapter_folder / "adapter_config.json";
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto name =
      json.is_object() ? json.find("base_model_name_or_path") : json.end();
  if (name == json.end() || !name->is_string()) {
    return InvalidArgument(file.string() +
                           ": has no base_model_name_or_path; name --model");
  }
  return fs::path(name->get<std::string>());
}

// The kept adapter of the trial, or the same one made again.
Result<llama::Adapter> AdapterOfTrial(const Trial& trial,
                                      const StudyFiles& files,
                                      const ModelPlan& plan,
                                      const llama::Model& model,
                                      CommandContext& context) {
  const fs::path folder = AdapterFolder(files.artifacts, trial.id);
  std::error_code ignored;
  if (fs::exists(folder, ignored)) return llama::Adapter::Load(folder, model);
  context.log.Write(
      LogLevel::kInfo,
      "trial " + std::to_string(trial.id) + " is recovered again");
  return plan.Recover(trial, {.cancellation = &context.cancellation});
}

// As its first tensor is stored; formats that are wider are fp32 here.
Result<llama::Dtype> DtypeOnDisk(const fs::path& folder) {
  RA_ASSIGN_OR_RETURN(const llama::CheckpointFiles files,
                      llama::CheckpointFiles::Open(folder));
  if (files.tensors().empty()) return llama::Dtype::kFloat32;
  const std::string& dtype = files.tensors().begin()->second.dtype;
  return dtype == "BF16"  ? llama::Dtype::kBFloat16
         : dtype == "F16" ? llama::Dtype::kFloat16
                          : llama::Dtype::kFloat32;
}

// The map that pruning left in the folder, if it did.
Result<std::optional<llama::KeptIndices>> KeptIn(const fs::path& folder) {
  const fs::path file = folder / "kept_indices.json";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::optional<llama::KeptIndices>();
  return llama::ReadKeptIndices(file);
}

// What pruning left of the model that the plan's model was made from.
Result<std::optional<llama::KeptIndices>> KeptInDense(
    const std::optional<llama::KeptIndices>& kept, const fs::path& folder) {
  if (!kept) return KeptIn(folder);
  return llama::InDenseModel(*kept, folder);
}

// The fields of a config that say what the data was.
bool NamesData(std::string_view field) {
  for (const char* name : {"model",
                           "kept_indices",
                           "text_file",
                           "ids_file",
                           "alpaca",
                           "text",
                           "jsonl",
                           "data_dir",
                           "limit"}) {
    if (field.ends_with(std::string(".") + name)) return true;
  }
  return field.find(".tasks") != std::string_view::npos;
}

CardStudy StudyForCard(const StudyHeader& header,
                       const v1::SearchConfig& config,
                       const std::vector<Trial>& trials,
                       const Trial& trial,
                       const Objective& objective) {
  CardStudy study{.trial = trial.id,
                  .chosen_as_best = false,
                  .trial_seed = trial.seed,
                  .study_seed = header.seed,
                  .evaluator = header.evaluator,
                  .objective = objective,
                  .rows = ConfirmedRows(trials, objective),
                  .measurement = trial.measurement,
                  .exported_row = std::nullopt,
                  .data = {},
                  .config = header.config};
  for (size_t i = 0; i < study.rows.size(); ++i) {
    if (study.rows[i].configuration == trial.configuration) {
      study.exported_row = i;
    }
  }
  for (const auto& [field, value] : FixedFields(config)) {
    if (NamesData(field)) study.data.emplace_back(field, value);
  }
  return study;
}

}  // namespace

Result<ExportSource> ExportSourceInStudy(const fs::path& study,
                                         const std::string& trial_name,
                                         bool with_adapter,
                                         CommandContext& context) {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store,
                      SqliteStore::OpenToRead(study));
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(
      ConfigSource source,
      ReadConfig(
          store->header().config, store->header().config_file, {}, &config));
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<EvaluatorPlan> of_any_kind,
                      MakeUntiedPlan(config, source));
  auto* plan = dynamic_cast<ModelPlan*>(of_any_kind.get());
  if (plan == nullptr) {
    return InvalidArgument(study.string() + ": was made by evaluator " +
                           store->header().evaluator +
                           ", which has no models to export");
  }
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, store->LoadTrials());
  auto trial = ChooseTrial(trials, trial_name);
  if (!trial) return InContext(study.string(), trial.error());
  const StudyFiles files = StudyFilesOf(study);
  RA_ASSIGN_OR_RETURN(std::unique_ptr<Evaluator> evaluator,
                      plan->MakeEvaluator({.log = context.log,
                                           .cancellation = context.cancellation,
                                           .artifacts = files.artifacts}));
  RA_ASSIGN_OR_RETURN(llama::LlamaConfig dense,
                      llama::LoadDenseConfig(plan->model_folder()));
  RA_ASSIGN_OR_RETURN(const TiedSpace tied,
                      TieSpace(plan->space(), config, source));
  Trial untied = *trial;
  untied.configuration = tied.Untied(trial->configuration);
  RA_ASSIGN_OR_RETURN(TrialModel of_trial, plan->ModelOf(untied.configuration));
  RA_ASSIGN_OR_RETURN(std::optional<llama::KeptIndices> kept,
                      KeptInDense(of_trial.kept, plan->model_folder()));
  ExportSource found{
      .model = std::move(of_trial.model),
      .dtype = plan->dtype(),
      .model_folder = plan->model_folder(),
      .kept = std::move(kept),
      .adapter = std::nullopt,
      .base_model = plan->model_name(),
      .dense = std::move(dense),
      .study = StudyForCard(
          store->header(), config, trials, *trial, plan->objective())};
  found.study->chosen_as_best = trial_name == "best";
  if (with_adapter) {
    RA_ASSIGN_OR_RETURN(
        found.adapter,
        AdapterOfTrial(untied, files, *plan, found.model, context));
  }
  return found;
}

Result<ExportSource> ExportSourceInModel(const fs::path& folder,
                                         std::optional<llama::Dtype> wanted) {
  RA_ASSIGN_OR_RETURN(const llama::Dtype on_disk, DtypeOnDisk(folder));
  const llama::Dtype dtype = wanted.value_or(on_disk);
  // Half the memory where nothing is lost by it.
  const bool brain = on_disk == llama::Dtype::kBFloat16 && dtype == on_disk;
  const llama::ModelOptions options{.dtype = brain ? llama::Dtype::kBFloat16
                                                   : llama::Dtype::kFloat32};
  RA_ASSIGN_OR_RETURN(llama::Model model, llama::Model::Load(folder, options));
  RA_ASSIGN_OR_RETURN(std::optional<llama::KeptIndices> kept, KeptIn(folder));
  RA_ASSIGN_OR_RETURN(llama::LlamaConfig dense, llama::LoadDenseConfig(folder));
  return ExportSource{.model = std::move(model),
                      .dtype = dtype,
                      .model_folder = folder,
                      .kept = std::move(kept),
                      .adapter = std::nullopt,
                      .base_model = folder.string(),
                      .dense = std::move(dense),
                      .study = std::nullopt};
}

Result<ExportSource> ExportSourceInAdapter(const fs::path& folder,
                                           fs::path model_folder,
                                           std::optional<llama::Dtype> dtype) {
  if (model_folder.empty()) {
    RA_ASSIGN_OR_RETURN(model_folder, BaseModelOf(folder));
  }
  RA_ASSIGN_OR_RETURN(ExportSource source,
                      ExportSourceInModel(model_folder, dtype));
  RA_ASSIGN_OR_RETURN(source.adapter,
                      llama::Adapter::Load(folder, source.model));
  return source;
}

}  // namespace rankadaptor::runners
