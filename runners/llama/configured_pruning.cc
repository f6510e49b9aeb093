#include "runners/llama/configured_pruning.h"

#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/llama/llama_options.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

Result<llama::TokenWindows> CalibrationWindows(
    const v1::Calibration& calibration,
    const ConfigField& field,
    const llama::Model& model,
    const fs::path& model_folder) {
  if (calibration.has_ids_file()) {
    auto windows = llama::ReadCalibrationIds(
        field.Resolve(calibration.ids_file()), model.config().vocab_size);
    if (!windows) return field["ids_file"].In(windows.error());
    return windows;
  }
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(model_folder));
  auto windows =
      llama::SampleCalibrationWindows(field.Resolve(calibration.text_file()),
                                      tokenizer,
                                      CalibrationOptionsFrom(calibration));
  if (!windows) return field["text_file"].In(windows.error());
  return windows;
}

Result<llama::PruneResult> PruneWidth(const v1::WidthPruning& pruning,
                                      const ConfigField& field,
                                      const llama::Model& model,
                                      const fs::path& model_folder) {
  RA_ASSIGN_OR_RETURN(llama::WidthPruneOptions options,
                      WidthPruneOptionsFrom(pruning, field));
  RA_ASSIGN_OR_RETURN(
      llama::TokenWindows windows,
      CalibrationWindows(
          pruning.calibration(), field["calibration"], model, model_folder));
  auto pruned = llama::Prune(model, windows, options);
  if (!pruned) return field.In(pruned.error());
  return pruned;
}

Result<llama::PruneResult> KeepAsGiven(const std::string& file,
                                       const ConfigField& field,
                                       const llama::Model& model) {
  auto kept = llama::ReadKeptIndices(field.Resolve(file));
  if (!kept) return field.In(kept.error());
  auto pruned = llama::ApplyKept(model, *kept);
  if (!pruned) return field.In(pruned.error());
  llama::PruneReport report{.parameters_before = model.NumParameters(),
                            .parameters_after = pruned->NumParameters(),
                            .layers = pruned->config().layers,
                            .skipped = {}};
  return llama::PruneResult{
      std::move(*pruned), std::move(*kept), std::move(report)};
}

}  // namespace

Status CheckPruning(const v1::Pruning& pruning, const ConfigField& field) {
  if (pruning.has_kept_indices()) {
    return field["kept_indices"].CheckIsFile(pruning.kept_indices());
  }
  const ConfigField width = field["width"];
  auto options = WidthPruneOptionsFrom(pruning.width(), width);
  if (!options) return tl::unexpected(options.error());
  const v1::Calibration& calibration = pruning.width().calibration();
  const ConfigField source = width["calibration"];
  return calibration.has_ids_file()
             ? source["ids_file"].CheckIsFile(calibration.ids_file())
             : source["text_file"].CheckIsFile(calibration.text_file());
}

Result<llama::LlamaConfig> ConfigAfterPruning(const v1::Pruning& pruning,
                                              const ConfigField& field,
                                              const llama::LlamaConfig& dense) {
  if (pruning.has_kept_indices()) {
    const ConfigField file = field["kept_indices"];
    auto kept = llama::ReadKeptIndices(file.Resolve(pruning.kept_indices()));
    if (!kept) return file.In(kept.error());
    Status fits = llama::CheckKeptIndices(*kept, dense);
    if (!fits) return file.In(fits.error());
    return llama::PrunedConfig(dense, *kept);
  }
  RA_ASSIGN_OR_RETURN(llama::WidthPruneOptions options,
                      WidthPruneOptionsFrom(pruning.width(), field["width"]));
  auto plan = llama::PlanWidthPruning(dense, options);
  if (!plan) return field["width"].In(plan.error());
  return std::move(plan->config);
}

Result<llama::PruneResult> PruneAsConfigured(const v1::Pruning& pruning,
                                             const ConfigField& field,
                                             const llama::Model& model,
                                             const fs::path& model_folder) {
  if (pruning.has_kept_indices()) {
    return KeepAsGiven(pruning.kept_indices(), field["kept_indices"], model);
  }
  return PruneWidth(pruning.width(), field["width"], model, model_folder);
}

}  // namespace rankadaptor::runners
