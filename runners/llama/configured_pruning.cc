#include "runners/llama/configured_pruning.h"

#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/depth_pruning.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/rank_space.h"
#include "rankadaptor/llama/tokenizer.h"

#include "runners/llama/pruning_options.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// The windows of the two reference programs differ in length (spec 1.11, 3.1).
constexpr int64_t kWidthWindowTokens = 64;
constexpr int64_t kDepthWindowTokens = 128;

// Where the windows of one pruning come from.
struct CalibrationPlace {
  const v1::Calibration& calibration;
  const ConfigField field;
  const llama::CalibrationOptions options;
};

CalibrationPlace CalibrationOf(const v1::WidthPruning& pruning,
                               const ConfigField& field) {
  llama::CalibrationOptions options =
      CalibrationOptionsFrom(pruning.calibration(), kWidthWindowTokens);
  if (pruning.has_num_steps()) options.num_windows *= pruning.num_steps();
  return {pruning.calibration(), field["calibration"], options};
}

CalibrationPlace CalibrationOf(const v1::DepthPruning& pruning,
                               const ConfigField& field) {
  return {pruning.calibration(),
          field["calibration"],
          CalibrationOptionsFrom(pruning.calibration(), kDepthWindowTokens)};
}

Result<llama::TokenWindows> CalibrationWindows(const CalibrationPlace& place,
                                               const llama::Model& model,
                                               const fs::path& model_folder) {
  const v1::Calibration& calibration = place.calibration;
  if (calibration.has_ids_file()) {
    auto windows = llama::ReadCalibrationIds(
        place.field.Resolve(calibration.ids_file()), model.config().vocab_size);
    if (!windows) return place.field["ids_file"].In(windows.error());
    return windows;
  }
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(model_folder));
  auto windows = llama::SampleCalibrationWindows(
      place.field.Resolve(calibration.text_file()), tokenizer, place.options);
  if (!windows) return place.field["text_file"].In(windows.error());
  return windows;
}

Status CheckCalibration(const v1::Calibration& calibration,
                        const ConfigField& field) {
  return calibration.has_ids_file()
             ? field["ids_file"].CheckIsFile(calibration.ids_file())
             : field["text_file"].CheckIsFile(calibration.text_file());
}

bool NeedsCalibration(const v1::DepthPruning& pruning) {
  return !pruning.has_order_file() &&
         pruning.criterion() != v1::BLOCK_CRITERION_MAGNITUDE;
}

Status CheckDepth(const v1::DepthPruning& pruning, const ConfigField& field) {
  if (pruning.has_order_file()) {
    return field["order_file"].CheckIsFile(pruning.order_file());
  }
  if (!NeedsCalibration(pruning)) return {};
  if (!pruning.has_calibration()) {
    return field["calibration"].Invalid(
        "is required by the criterion, unless there is an order_file");
  }
  return CheckCalibration(pruning.calibration(), field["calibration"]);
}

// Empty where the criterion needs none.
Result<llama::TokenWindows> WindowsFor(const llama::WidthPruneOptions& options,
                                       const v1::WidthPruning& pruning,
                                       const ConfigField& field,
                                       const llama::Model& model,
                                       const fs::path& model_folder) {
  if (!llama::NeedsCalibration(options.criterion)) {
    return llama::TokenWindows();
  }
  return CalibrationWindows(CalibrationOf(pruning, field), model, model_folder);
}

Result<llama::PruneResult> PruneWidth(const v1::WidthPruning& pruning,
                                      const ConfigField& field,
                                      const llama::Model& model,
                                      const fs::path& model_folder) {
  RA_ASSIGN_OR_RETURN(const llama::WidthPruneOptions options,
                      WidthPruneOptionsFrom(pruning, field));
  RA_ASSIGN_OR_RETURN(const llama::TokenWindows windows,
                      WindowsFor(options, pruning, field, model, model_folder));
  auto pruned = llama::Prune(model, windows, options);
  if (!pruned) return field.In(pruned.error());
  return pruned;
}

Result<llama::PruneResult> PruneDepth(const v1::DepthPruning& pruning,
                                      const ConfigField& field,
                                      const llama::Model& model,
                                      const fs::path& model_folder) {
  std::vector<int> order;
  llama::TokenWindows windows;
  if (pruning.has_order_file()) {
    auto read = llama::ReadBlockOrder(field.Resolve(pruning.order_file()));
    if (!read) return field["order_file"].In(read.error());
    order = *std::move(read);
  } else if (NeedsCalibration(pruning)) {
    RA_ASSIGN_OR_RETURN(
        windows,
        CalibrationWindows(CalibrationOf(pruning, field), model, model_folder));
  }
  auto pruned =
      llama::PruneDepth(model, windows, DepthPruneOptionsFrom(pruning), order);
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
  llama::PruneReport report;
  report.parameters_before = model.NumParameters();
  report.parameters_after = pruned->NumParameters();
  report.layers = pruned->config().layers;
  return llama::PruneResult{
      std::move(*pruned), std::move(*kept), std::move(report), {}};
}

Result<PruningPlan> PlanKept(const std::string& kept_file,
                             const ConfigField& field,
                             const llama::LlamaConfig& dense) {
  auto kept = llama::ReadKeptIndices(field.Resolve(kept_file));
  if (!kept) return field.In(kept.error());
  Status fits = llama::CheckKeptIndices(*kept, dense);
  if (!fits) return field.In(fits.error());
  PruningPlan plan{llama::PrunedConfig(dense, *kept), {}};
  const std::vector<int> layers = llama::KeptLayerIndices(*kept);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (plan.config.layers[i] != dense.layers[layers[i]]) {
      plan.free_layers.push_back(static_cast<int>(i));
    }
  }
  return plan;
}

Result<PruningPlan> PlanDepth(const v1::DepthPruning& pruning,
                              const ConfigField& field,
                              const llama::LlamaConfig& dense) {
  const llama::DepthPruneOptions options = DepthPruneOptionsFrom(pruning);
  auto config = llama::PlanDepthPruning(dense, options);
  if (!config) return field.In(config.error());
  PruningPlan plan{*std::move(config), {}};
  const int end = plan.config.num_layers() - options.num_protected_last;
  for (int i = options.num_protected_first; i < end; ++i) {
    plan.free_layers.push_back(i);
  }
  return plan;
}

}  // namespace

Status CheckWidthPruning(const v1::WidthPruning& pruning,
                         const ConfigField& field) {
  RA_ASSIGN_OR_RETURN(const llama::WidthPruneOptions options,
                      WidthPruneOptionsFrom(pruning, field));
  if (!llama::NeedsCalibration(options.criterion)) return {};
  if (!pruning.has_calibration()) {
    return field["calibration"].Invalid("is required by the criterion");
  }
  return CheckCalibration(pruning.calibration(), field["calibration"]);
}

Status CheckPruning(const v1::Pruning& pruning, const ConfigField& field) {
  if (pruning.has_kept_indices()) {
    return field["kept_indices"].CheckIsFile(pruning.kept_indices());
  }
  if (pruning.has_depth()) return CheckDepth(pruning.depth(), field["depth"]);
  return CheckWidthPruning(pruning.width(), field["width"]);
}

Result<PruningPlan> PlanPruning(const v1::Pruning& pruning,
                                const ConfigField& field,
                                const llama::LlamaConfig& dense) {
  if (pruning.has_kept_indices()) {
    return PlanKept(pruning.kept_indices(), field["kept_indices"], dense);
  }
  if (pruning.has_depth()) {
    return PlanDepth(pruning.depth(), field["depth"], dense);
  }
  RA_ASSIGN_OR_RETURN(llama::WidthPruneOptions options,
                      WidthPruneOptionsFrom(pruning.width(), field["width"]));
  auto plan = llama::PlanWidthPruning(dense, options);
  if (!plan) return field["width"].In(plan.error());
  std::vector<int> layers = llama::PrunedLayers(dense, plan->config);
  return PruningPlan{std::move(plan->config), std::move(layers)};
}

Result<llama::PruneResult> PruneAsConfigured(const v1::Pruning& pruning,
                                             const ConfigField& field,
                                             const llama::Model& model,
                                             const fs::path& model_folder) {
  if (pruning.has_kept_indices()) {
    return KeepAsGiven(pruning.kept_indices(), field["kept_indices"], model);
  }
  if (pruning.has_depth()) {
    return PruneDepth(pruning.depth(), field["depth"], model, model_folder);
  }
  return PruneWidth(pruning.width(), field["width"], model, model_folder);
}

Result<llama::Importance> ImportanceAsConfigured(
    const v1::WidthPruning& pruning,
    const ConfigField& field,
    const llama::Model& model,
    const fs::path& model_folder) {
  RA_ASSIGN_OR_RETURN(const llama::WidthPruneOptions options,
                      WidthPruneOptionsFrom(pruning, field));
  RA_ASSIGN_OR_RETURN(const llama::TokenWindows windows,
                      WindowsFor(options, pruning, field, model, model_folder));
  auto importance = llama::ComputeImportance(model, windows, options);
  if (!importance) return field.In(importance.error());
  return importance;
}

}  // namespace rankadaptor::runners
