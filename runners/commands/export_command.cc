#include "runners/commands/export_command.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/config/config_reader.h"
#include "runners/llama/kept_adapters.h"
#include "runners/llama/llama_plan.h"
#include "runners/store/sqlite_store.h"
#include "runners/study/study_files.h"
#include "runners/study/trial_choice.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// The model that an adapter folder says it was trained on.
Result<fs::path> BaseModelOf(const fs::path& adapter_folder) {
  const fs::path file = adapter_folder / "adapter_config.json";
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
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
                                      const llama::LlamaEvaluator& evaluator,
                                      CommandContext& context) {
  const fs::path folder = AdapterFolder(files.artifacts, trial.id);
  std::error_code ignored;
  if (fs::exists(folder, ignored)) {
    return llama::Adapter::Load(folder, evaluator.model());
  }
  context.log.Write(
      LogLevel::kInfo,
      "trial " + std::to_string(trial.id) + " is recovered again");
  return evaluator.Recover(
      trial.configuration, trial.seed, {.cancellation = &context.cancellation});
}

}  // namespace

ExportCommand::ExportCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "export", "Write an adapter, merged weights or the pruned model")) {
  app()
      .add_option("source", source_, "A study, or an adapter's folder")
      ->required();
  app()
      .add_option("--trial", trial_, "best, or a trial of the study by number")
      ->capture_default_str();
  app().add_option("--model",
                   model_,
                   "The adapter's model (default: what its config names)");
  app()
      .add_option("--format", format_, "peft, merged or pruned")
      ->required()
      ->check(CLI::IsMember({"peft", "merged", "pruned"}));
  app()
      .add_option("--uniform-rank",
                  uniform_rank_,
                  "For --format peft: pad every module to this rank, with one "
                  "alpha; the same function, for servers that read no "
                  "rank_pattern")
      ->check(CLI::Range(1, 65536));
  app().add_option("--out", out_, "Folder to write")->required();
}

Status ExportCommand::Run(CommandContext& context) {
  if (uniform_rank_ && format_ != "peft") {
    return InvalidArgument("--uniform-rank is for --format peft, not " +
                           format_);
  }
  std::error_code ignored;
  const bool is_folder = fs::is_directory(source_, ignored);
  if (is_folder && format_ == "pruned") {
    return InvalidArgument("--format pruned is for studies; " +
                           source_.string() + " is an adapter's folder");
  }
  RA_ASSIGN_OR_RETURN(Found found,
                      is_folder ? FindInFolder() : FindInStudy(context));
  RA_RETURN_IF_ERROR(Write(found));
  PrintLine(format_ + ": " + out_.string());
  return {};
}

Result<ExportCommand::Found> ExportCommand::FindInStudy(
    CommandContext& context) const {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store,
                      SqliteStore::OpenToRead(source_));
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(
      ConfigSource source,
      ReadConfig(
          store->header().config, store->header().config_file, {}, &config));
  if (!config.evaluator().has_llama()) {
    return InvalidArgument(source_.string() + ": was made by evaluator " +
                           store->header().evaluator +
                           ", which has no models to export");
  }
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, store->LoadTrials());
  auto trial = ChooseTrial(trials, trial_);
  if (!trial) return InContext(source_.string(), trial.error());
  const StudyFiles files = StudyFilesOf(source_);
  RA_ASSIGN_OR_RETURN(std::unique_ptr<LlamaPlan> plan,
                      LlamaPlan::Create(config, source));
  RA_ASSIGN_OR_RETURN(std::unique_ptr<Evaluator> evaluator,
                      plan->MakeEvaluator({.log = context.log,
                                           .cancellation = context.cancellation,
                                           .artifacts = files.artifacts}));
  Found found{.model = plan->evaluator().model(),
              .dtype = plan->dtype(),
              .model_folder = plan->model_folder(),
              .kept = plan->kept(),
              .adapter = std::nullopt};
  if (format_ != "pruned") {
    RA_ASSIGN_OR_RETURN(
        found.adapter,
        AdapterOfTrial(*trial, files, plan->evaluator(), context));
  }
  return found;
}

Result<ExportCommand::Found> ExportCommand::FindInFolder() const {
  fs::path model_folder = model_;
  if (model_folder.empty()) {
    RA_ASSIGN_OR_RETURN(model_folder, BaseModelOf(source_));
  }
  RA_ASSIGN_OR_RETURN(llama::Model model, llama::Model::Load(model_folder, {}));
  RA_ASSIGN_OR_RETURN(llama::Adapter adapter,
                      llama::Adapter::Load(source_, model));
  return Found{.model = std::move(model),
               .dtype = llama::Dtype::kFloat32,
               .model_folder = std::move(model_folder),
               .kept = std::nullopt,
               .adapter = std::move(adapter)};
}

Status ExportCommand::Write(const Found& found) const {
  if (format_ == "peft") return WritePeft(found);
  if (format_ == "merged") return WriteMerged(found);
  return WritePruned(found);
}

Status ExportCommand::WritePeft(const Found& found) const {
  llama::Adapter adapter = *found.adapter;
  if (uniform_rank_) {
    RA_ASSIGN_OR_RETURN(
        adapter,
        llama::PadToUniformRank(adapter, found.model.config(), *uniform_rank_));
  }
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(out_));
  RA_RETURN_IF_ERROR(adapter.Save(out.path(), found.model_folder.string()));
  return out.Commit();
}

Status ExportCommand::WriteMerged(const Found& found) const {
  RA_ASSIGN_OR_RETURN(llama::Model merged,
                      llama::Merge(found.model, *found.adapter));
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(out_));
  RA_RETURN_IF_ERROR(merged.Save(out.path(), found.dtype));
  RA_RETURN_IF_ERROR(llama::CopyTokenizerFiles(found.model_folder, out.path()));
  return out.Commit();
}

Status ExportCommand::WritePruned(const Found& found) const {
  if (!found.kept.has_value()) {
    return InvalidArgument(source_.string() + ": its study pruned nothing; " +
                           found.model_folder.string() + " is the model");
  }
  return llama::SavePruned(
      found.model, *found.kept, found.model_folder, out_, found.dtype);
}

}  // namespace rankadaptor::runners
