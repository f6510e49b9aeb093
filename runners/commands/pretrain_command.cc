#include "runners/commands/pretrain_command.h"

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/pretraining.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/pretrain.pb.h"

#include "runners/commands/shared_options.h"
#include "runners/config/config_reader.h"
#include "runners/llama/llama_options.h"
#include "runners/llama/text_documents.h"
#include "runners/report/training_display.h"
#include "runners/terminal/number_format.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// What training starts from.
struct Task {
  v1::PretrainConfig config;
  fs::path tokenizer_folder;
  llama::LlamaConfig model;
  std::vector<std::vector<int32_t>> documents;
};

Result<Task> LoadTask(const fs::path& config_file,
                      const std::vector<std::string>& overrides) {
  Task task;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file, overrides, &task.config));
  const v1::PretrainConfig& config = task.config;
  const ConfigField root(source);
  task.tokenizer_folder = root.Resolve(config.tokenizer());
  auto tokenizer = llama::Tokenizer::Load(task.tokenizer_folder);
  if (!tokenizer) return root["tokenizer"].In(tokenizer.error());
  task.model = ModelConfigFrom(config.model(), *tokenizer);
  auto documents = ReadTextDocuments(root.Resolve(config.data().text_file()),
                                     config.data().document_separator(),
                                     *tokenizer);
  if (!documents) return root["data"].In(documents.error());
  task.documents = std::move(*documents);
  return task;
}

Status WriteModel(const llama::Model& model,
                  const Task& task,
                  const std::string& training_log,
                  OutputFolder& out) {
  RA_RETURN_IF_ERROR(model.Save(out.path(), DtypeFrom(task.config.dtype())));
  RA_RETURN_IF_ERROR(
      llama::CopyTokenizerFiles(task.tokenizer_folder, out.path()));
  RA_RETURN_IF_ERROR(
      WriteFileAtomically(out.path() / "training_log.jsonl", training_log));
  return out.Commit();
}

}  // namespace

PretrainCommand::PretrainCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "pretrain", "Train a small LLaMA from random weights")) {
  app().add_option("config", config_file_, "YAML or JSON")->required();
  app().add_option("--out",
                   out_,
                   "Folder to write (default: the config's name with .model, "
                   "beside it)");
  AddOverrides(app(), &overrides_);
}

Status PretrainCommand::Run(CommandContext& context) {
  RA_ASSIGN_OR_RETURN(Task task, LoadTask(config_file_, overrides_));
  const llama::PretrainingOptions options = PretrainingOptionsFrom(task.config);
  RA_RETURN_IF_ERROR(llama::OpenDevice(options.device));
  const fs::path folder =
      out_.empty() ? fs::path(config_file_).replace_extension(".model") : out_;
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(folder));
  TrainingDisplay display(context.terminal, options.steps);
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Pretrain(task.model,
                                      task.documents,
                                      options,
                                      display.Hooks(context.cancellation)));
  RA_RETURN_IF_ERROR(WriteModel(model, task, display.LogLines(), out));
  PrintLine(display.Summary());
  PrintLine("model: " + folder.string() + " (" +
            FormatCount(model.NumParameters()) + " parameters)");
  return {};
}

}  // namespace rankadaptor::runners
