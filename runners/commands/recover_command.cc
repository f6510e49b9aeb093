#include "runners/commands/recover_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/recover.pb.h"

#include "runners/commands/shared_options.h"
#include "runners/config/config_reader.h"
#include "runners/llama/configured_recovery.h"
#include "runners/llama/llama_options.h"
#include "runners/llama/ranks_file.h"
#include "runners/report/training_display.h"
#include "runners/terminal/number_format.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kDefaultRank = 8;

// The ranks of the file, else the config's rank in every layer.
Result<std::vector<int>> RanksOf(const v1::RecoverConfig& config,
                                 const fs::path& ranks_file,
                                 int num_layers) {
  const uint32_t rank = config.has_rank() ? config.rank() : kDefaultRank;
  std::vector<int> ranks(num_layers, static_cast<int>(rank));
  if (!ranks_file.empty()) {
    RA_ASSIGN_OR_RETURN(ranks, ReadRanksFile(ranks_file, num_layers));
  }
  if (std::all_of(ranks.begin(), ranks.end(), [](int r) { return r == 0; })) {
    return InvalidArgument("every layer has rank 0: there is nothing to train");
  }
  return ranks;
}

Status WriteAdapter(const llama::Adapter& adapter,
                    const fs::path& model,
                    const std::string& training_log,
                    OutputFolder& out) {
  RA_RETURN_IF_ERROR(adapter.Save(out.path(), model.string()));
  RA_RETURN_IF_ERROR(
      WriteFileAtomically(out.path() / "training_log.jsonl", training_log));
  return out.Commit();
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
  RA_ASSIGN_OR_RETURN(
      std::vector<int> ranks,
      RanksOf(config, ranks_file_, model.config().num_layers()));
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryData data,
      LoadRecoveryData(config.recovery().data(), field["data"], tokenizer));
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(out_));
  RA_ASSIGN_OR_RETURN(
      llama::Adapter initial,
      llama::Adapter::Create(
          model, LoraOptionsFrom(config.recovery(), ranks), config.seed()));
  llama::RecoveryOptions recovery = RecoveryOptionsFrom(config.recovery());
  recovery.seed = config.seed();
  TrainingDisplay display(
      context.terminal,
      llama::NumUpdates(static_cast<int64_t>(data.rows.size()), recovery));
  auto recovered = llama::Recover(
      model, initial, data, recovery, display.Hooks(context.cancellation));
  if (!recovered) return tl::unexpected(recovered.error());
  RA_RETURN_IF_ERROR(
      WriteAdapter(recovered->adapter, model_, display.LogLines(), out));
  PrintLine(display.Summary());
  PrintLine("adapter: " + out_.string() + " (" +
            FormatCount(initial.NumParameters()) + " parameters)");
  return {};
}

}  // namespace rankadaptor::runners
