#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::llama {
namespace fs = std::filesystem;

Result<PruneResult> Prune(const Model& model,
                          const TokenWindows& windows,
                          const WidthPruneOptions& options) {
  RA_ASSIGN_OR_RETURN(WidthPrunePlan plan,
                      PlanWidthPruning(model.config(), options));
  RA_ASSIGN_OR_RETURN(const Importance importance,
                      ComputeImportance(model, windows, options));
  RA_ASSIGN_OR_RETURN(KeptIndices kept,
                      SelectKept(model.config(), importance, options));
  RA_ASSIGN_OR_RETURN(Model pruned, ApplyKept(model, kept));
  PruneReport report{model.NumParameters(),
                     pruned.NumParameters(),
                     pruned.config().layers,
                     std::move(plan.skipped)};
  return PruneResult{std::move(pruned), std::move(kept), std::move(report)};
}

Status SavePruned(const Model& pruned,
                  const KeptIndices& kept,
                  const fs::path& source_folder,
                  const fs::path& folder,
                  Dtype dtype) {
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(folder));
  RA_RETURN_IF_ERROR(pruned.Save(out.path(), dtype));
  RA_RETURN_IF_ERROR(WriteFileAtomically(out.path() / "kept_indices.json",
                                         FormatKeptIndices(kept)));
  RA_RETURN_IF_ERROR(CopyTokenizerFiles(source_folder, out.path()));
  return out.Commit();
}

}  // namespace rankadaptor::llama
