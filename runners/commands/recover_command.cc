#include "runners/commands/recover_command.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_method.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/recover.pb.h"

#include "runners/commands/shared_options.h"
#include "runners/config/config_reader.h"
#include "runners/llama/configured_recovery.h"
#include "runners/llama/llama_options.h"
#include "runners/llama/ranks_file.h"
#include "runners/report/table.h"
#include "runners/report/training_display.h"
#include "runners/terminal/number_format.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// The ranks of the file, else the method that the config names.
Result<llama::RecoveryMethod> MethodOf(const v1::RecoverConfig& config,
                                       const ConfigField& field,
                                       const fs::path& ranks_file,
                                       int num_layers) {
  RA_ASSIGN_OR_RETURN(llama::RecoveryMethod method,
                      RecoveryMethodFrom(config, field, num_layers));
  if (!ranks_file.empty()) {
    if (config.has_adalora()) {
      return field["adalora"].Invalid(
          "finds ranks itself; not allowed with --ranks");
    }
    RA_ASSIGN_OR_RETURN(method, ReadRanksFile(ranks_file, num_layers));
  }
  const auto* ranks = std::get_if<std::vector<int>>(&method);
  if (ranks != nullptr &&
      std::ranges::all_of(*ranks, [](int rank) { return rank == 0; })) {
    return InvalidArgument("every layer has rank 0: there is nothing to train");
  }
  return method;
}

// AdaLoRA's adapter as PEFT writes it, and in `lora` the same update for
// readers that know only LoRA.
Status SaveAdapter(const llama::MethodResult& result,
                   const fs::path& model,
                   const fs::path& folder) {
  const llama::Adapter& adapter = result.recovery.adapter;
  if (!result.adalora) return adapter.Save(folder, model.string());
  RA_RETURN_IF_ERROR(result.adalora->adapter.Save(
      folder, model.string(), result.adalora->schedule));
  std::error_code ignored;  // the write says what is wrong
  fs::create_directories(folder / "lora", ignored);
  return adapter.Save(folder / "lora", model.string());
}

Status WriteAdapter(const llama::MethodResult& result,
                    const fs::path& model,
                    OutputFolder& out) {
  RA_RETURN_IF_ERROR(SaveAdapter(result, model, out.path()));
  // Of the whole run, also where this process only went on with it.
  std::string training_log;
  for (const llama::TrainingStep& step : result.recovery.log) {
    training_log += TrainingLogLine(step);
  }
  RA_RETURN_IF_ERROR(
      WriteFileAtomically(out.path() / "training_log.jsonl", training_log));
  return out.Commit();
}

// The ranks that AdaLoRA found: a row per layer, a column per projection.
Table RankTable(const llama::ModuleRanks& ranks) {
  std::vector<std::string> header = {"layer"};
  for (int p = 0; p < llama::kNumProjections; ++p) {
    const std::string name =
        llama::ProjectionName(static_cast<llama::Projection>(p));
    header.push_back(name.substr(name.find('.') + 1));
  }
  Table table(header);
  for (size_t layer = 0; layer < ranks.size(); ++layer) {
    std::vector<std::string> row = {std::to_string(layer)};
    for (int rank : ranks[layer]) row.push_back(std::to_string(rank));
    table.AddRow(row);
  }
  return table;
}

// The adapter is kept: nobody goes on from here.
void RemoveCheckpoint(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
  fs::remove(file.parent_path(), ignored);  // if it is empty
}

}  // namespace

RecoverCommand::RecoverCommand(CLI::App& parent)
    : Command(parent.add_subcommand("recover", "Train a LoRA adapter")) {
  app().add_option("--model", model_, "Hugging Face folder")->required();
  app().add_option("--config", config_file_, "YAML or JSON")->required();
  app().add_option("--ranks",
                   ranks_file_,
                   "One rank per layer: a JSON list, or numbers with commas "
                   "or white space between");
  app().add_option("--out", out_, "Folder to write")->required();
  AddOverrides(app(), &overrides_);
}

Status RecoverCommand::Run(CommandContext& context) {
  v1::RecoverConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file_, overrides_, &config));
  const ConfigField field = ConfigField(source)["recovery"];
  const llama::ModelOptions options{.dtype = DtypeFrom(config.dtype()),
                                    .device = DeviceFrom(config.device())};
  RA_RETURN_IF_ERROR(llama::OpenDevice(options.device));
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(model_));
  RA_ASSIGN_OR_RETURN(llama::Model model, llama::Model::Load(model_, options));
  RA_RETURN_IF_ERROR(llama::CheckVocabulary(tokenizer, model.config()));
  RA_ASSIGN_OR_RETURN(llama::RecoveryMethod method,
                      MethodOf(config,
                               ConfigField(source),
                               ranks_file_,
                               model.config().num_layers()));
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryData data,
      LoadRecoveryData(config.recovery().data(), field["data"], tokenizer));
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(out_));
  const fs::path checkpoints = out_.string() + ".checkpoints";
  llama::RecoveryOptions recovery =
      RecoveryOptionsFrom(config.recovery(), checkpoints);
  recovery.seed = config.seed();
  TrainingDisplay display(
      context.terminal,
      llama::NumUpdates(static_cast<int64_t>(data.rows.size()), recovery));
  auto recovered = llama::RecoverBy(method,
                                    model,
                                    data,
                                    LoraOptionsFrom(config.recovery(), {}),
                                    recovery,
                                    display.Hooks(context.cancellation));
  if (!recovered) return tl::unexpected(recovered.error());
  RA_RETURN_IF_ERROR(WriteAdapter(*recovered, model_, out));
  RemoveCheckpoint(recovered->recovery.checkpoint_file);
  PrintLine(display.Summary());
  if (recovered->adalora) {
    Print(RankTable(recovered->adalora->adapter.ranks()).Text());
  }
  PrintLine("adapter: " + out_.string() + " (" +
            FormatCount(recovered->recovery.adapter.NumParameters()) +
            " parameters)");
  return {};
}

}  // namespace rankadaptor::runners
