#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/depth_pruning.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/tokenizer.h"

#include "evaluators/llama/pruning/removal_counts.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using internal::LayerCount;

// The windows of step 1 .. num_steps: an equal share, in order.
Result<TokenWindows> WindowsOfStep(const TokenWindows& windows,
                                   int step,
                                   const WidthPruneOptions& options) {
  const auto share = static_cast<ptrdiff_t>(windows.size()) / options.num_steps;
  if (share * options.num_steps != std::ssize(windows)) {
    return InvalidArgument(std::to_string(windows.size()) +
                           " calibration windows cannot be shared out evenly "
                           "among num_steps = " +
                           std::to_string(options.num_steps));
  }
  const auto begin = windows.begin() + (step - 1) * share;
  return TokenWindows(begin, begin + share);
}

// So that readers can say how much is gone; a source in memory only has none.
Status WriteDenseConfig(const fs::path& source_folder,
                        const fs::path& folder,
                        Dtype dtype) {
  const auto dense = LoadDenseConfig(source_folder);
  if (!dense && dense.error().code == ErrorCode::kNotFound) return {};
  if (!dense) return tl::unexpected(dense.error());
  return WriteFileAtomically(folder / "dense_config.json",
                             FormatLlamaConfig(*dense, DtypeName(dtype)));
}

}  // namespace

Result<PruneResult> Prune(const Model& model,
                          const TokenWindows& windows,
                          const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckWidthPruneOptions(model.config(), options));
  PruneResult result{model, KeepEverything(model.config()), {}, {}};
  std::vector<LayerCount> counts;
  for (int step = 1; step <= options.num_steps; ++step) {
    RA_ASSIGN_OR_RETURN(const TokenWindows share,
                        WindowsOfStep(windows, step, options));
    RA_ASSIGN_OR_RETURN(const Importance importance,
                        ComputeImportance(result.model, share, options));
    RA_ASSIGN_OR_RETURN(
        const KeptIndices kept,
        internal::SelectInStep({model.config(),
                                result.model.config(),
                                internal::RatioAfter(step, options)},
                               importance,
                               options,
                               &counts));
    RA_ASSIGN_OR_RETURN(result.model, ApplyKept(result.model, kept));
    result.kept = Compose(result.kept, kept);
    result.report.terms = importance.terms;
  }
  result.report.parameters_before = model.NumParameters();
  result.report.parameters_after = result.model.NumParameters();
  result.report.layers = result.model.config().layers;
  result.report.skipped =
      internal::SkippedParts(counts, model.config(), result.model.config());
  return result;
}

Status SavePruned(const Model& pruned,
                  const KeptIndices& kept,
                  const fs::path& source_folder,
                  const fs::path& folder,
                  Dtype dtype,
                  std::span<const int> block_order) {
  RA_ASSIGN_OR_RETURN(const KeptIndices in_dense,
                      InDenseModel(kept, source_folder));
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(folder));
  RA_RETURN_IF_ERROR(pruned.Save(out.path(), dtype));
  RA_RETURN_IF_ERROR(WriteDenseConfig(source_folder, out.path(), dtype));
  RA_RETURN_IF_ERROR(WriteFileAtomically(out.path() / "kept_indices.json",
                                         FormatKeptIndices(in_dense)));
  if (!block_order.empty()) {
    RA_RETURN_IF_ERROR(WriteFileAtomically(out.path() / "block_order.csv",
                                           FormatBlockOrder(block_order)));
  }
  RA_RETURN_IF_ERROR(CopyTokenizerFiles(source_folder, out.path()));
  return out.Commit();
}

}  // namespace rankadaptor::llama
