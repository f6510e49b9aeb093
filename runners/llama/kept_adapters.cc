#include "runners/llama/kept_adapters.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rankadaptor/common/file.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

Status WriteKept(const llama::KeptIndices& kept,
                 const fs::path& model_folder,
                 const fs::path& folder) {
  RA_ASSIGN_OR_RETURN(const llama::KeptIndices in_dense,
                      llama::InDenseModel(kept, model_folder));
  return WriteFileAtomically(folder / "kept_indices.json",
                             llama::FormatKeptIndices(in_dense));
}

}  // namespace

fs::path AdapterFolder(const fs::path& artifacts, int64_t trial_id) {
  return artifacts / ("trial-" + std::to_string(trial_id));
}

ConfirmedAdapters::ConfirmedAdapters(fs::path artifacts,
                                     fs::path model_folder,
                                     std::vector<Baseline> baselines)
    : artifacts_(std::move(artifacts)),
      model_folder_(std::move(model_folder)),
      baselines_(std::move(baselines)) {}

Status ConfirmedAdapters::Keep(const Configuration& configuration,
                               TrialContext& trial,
                               const llama::Adapter& adapter,
                               const llama::KeptIndices* kept) const {
  if (trial.split() != ItemSplit::kConfirm) return {};
  const bool is_baseline =
      std::ranges::find(baselines_, configuration, &Baseline::configuration) !=
      baselines_.end();
  if (is_baseline) return {};
  const fs::path folder = AdapterFolder(artifacts_, trial.trial_id());
  // Left by a run that was killed before it stored the trial.
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(folder));
  RA_RETURN_IF_ERROR(adapter.Save(out.path(), model_folder_.string()));
  if (kept != nullptr) {
    RA_RETURN_IF_ERROR(WriteKept(*kept, model_folder_, out.path()));
  }
  RA_RETURN_IF_ERROR(out.Commit());
  trial.Keep(folder.filename().string());
  return {};
}

}  // namespace rankadaptor::runners
