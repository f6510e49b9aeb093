#include "runners/commands/prune_command.h"

#include <CLI/CLI.hpp>

#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/v1/prune.pb.h"

#include "runners/commands/shared_options.h"
#include "runners/config/config_reader.h"
#include "runners/llama/configured_pruning.h"
#include "runners/llama/llama_options.h"
#include "runners/llama/pruning_report.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {

PruneCommand::PruneCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "prune", "Remove heads and MLP channels, or whole layers")) {
  app().add_option("--model", model_, "Hugging Face folder")->required();
  app().add_option("--config", config_file_, "YAML or JSON")->required();
  app().add_option("--out", out_, "Folder to write");
  app().add_flag(
      "--dry-run", dry_run_, "Only say what would be left; needs no weights");
  AddOverrides(app(), &overrides_);
}

Status PruneCommand::Run(CommandContext& /*context*/) {
  v1::PruneConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file_, overrides_, &config));
  if (dry_run_) return Describe(config, source);
  if (out_.empty()) return InvalidArgument("--out is required");
  return Prune(config, source);
}

Status PruneCommand::Describe(const v1::PruneConfig& config,
                              const ConfigSource& source) const {
  RA_ASSIGN_OR_RETURN(const llama::LlamaConfig dense,
                      llama::LoadLlamaConfig(model_));
  RA_ASSIGN_OR_RETURN(
      const PruningPlan plan,
      PlanPruning(config.pruning(), ConfigField(source)["pruning"], dense));
  Print(ShapesText(dense, plan.config, {}));
  return {};
}

Status PruneCommand::Prune(const v1::PruneConfig& config,
                           const ConfigSource& source) const {
  const ConfigField field = ConfigField(source)["pruning"];
  RA_RETURN_IF_ERROR(CheckPruning(config.pruning(), field));
  const llama::ModelOptions options{.dtype = DtypeFrom(config.dtype()),
                                    .device = DeviceFrom(config.device())};
  RA_RETURN_IF_ERROR(llama::OpenDevice(options.device));
  RA_ASSIGN_OR_RETURN(llama::Model model, llama::Model::Load(model_, options));
  RA_ASSIGN_OR_RETURN(
      llama::PruneResult pruned,
      PruneAsConfigured(config.pruning(), field, model, model_));
  RA_RETURN_IF_ERROR(llama::SavePruned(pruned.model,
                                       pruned.kept,
                                       model_,
                                       out_,
                                       options.dtype,
                                       pruned.block_order));
  RA_ASSIGN_OR_RETURN(const std::string latency,
                      LatencyText(model, pruned.model));
  Print(ShapesText(model.config(),
                   pruned.model.config(),
                   llama::KeptLayerIndices(pruned.kept)) +
        DetailsText(pruned) + latency);
  PrintLine("model: " + out_.string());
  return {};
}

}  // namespace rankadaptor::runners
