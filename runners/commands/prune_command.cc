#include "runners/commands/prune_command.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/v1/prune.pb.h"

#include "runners/commands/shared_options.h"
#include "runners/config/config_reader.h"
#include "runners/llama/configured_pruning.h"
#include "runners/llama/llama_options.h"
#include "runners/report/table.h"
#include "runners/terminal/number_format.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

std::string Percentage(double fraction) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * fraction);
  return text;
}

std::string ReportText(const llama::PruneReport& report) {
  Table table({"layer", "heads", "kv heads", "mlp channels"});
  for (size_t i = 0; i < report.layers.size(); ++i) {
    const llama::LayerShape& shape = report.layers[i];
    table.AddRow({std::to_string(i),
                  std::to_string(shape.num_heads),
                  std::to_string(shape.num_kv_heads),
                  std::to_string(shape.intermediate_size)});
  }
  std::string text = table.Text();
  for (const llama::SkippedPart& skipped : report.skipped) {
    text += "layer " + std::to_string(skipped.layer) + " keeps its " +
            skipped.part + ": " + skipped.reason + "\n";
  }
  return text + "parameters: " + FormatCount(report.parameters_before) +
         " -> " + FormatCount(report.parameters_after) + " (" +
         Percentage(report.removed_fraction()) + " removed)\n";
}

}  // namespace

PruneCommand::PruneCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "prune", "Remove attention heads and MLP channels")) {
  app().add_option("--model", model_, "Hugging Face folder")->required();
  app().add_option("--config", config_file_, "YAML or JSON")->required();
  app().add_option("--out", out_, "Folder to write")->required();
  AddOverrides(app(), &overrides_);
}

Status PruneCommand::Run(CommandContext& /*context*/) {
  v1::PruneConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file_, overrides_, &config));
  const llama::ModelOptions options{.dtype = DtypeFrom(config.dtype()),
                                    .device = DeviceFrom(config.device())};
  RA_RETURN_IF_ERROR(llama::OpenDevice(options.device));
  RA_ASSIGN_OR_RETURN(llama::Model model, llama::Model::Load(model_, options));
  RA_ASSIGN_OR_RETURN(
      llama::PruneResult pruned,
      PruneAsConfigured(
          config.pruning(), ConfigField(source)["pruning"], model, model_));
  RA_RETURN_IF_ERROR(llama::SavePruned(
      pruned.model, pruned.kept, model_, out_, options.dtype));
  Print(ReportText(pruned.report));
  PrintLine("model: " + out_.string());
  return {};
}

}  // namespace rankadaptor::runners
