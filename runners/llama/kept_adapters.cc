#include "runners/llama/kept_adapters.h"

#include <algorithm>
#include <utility>

#include "rankadaptor/common/file.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

Status Keep(const fs::path& folder,
            const std::string& base_model_name,
            const llama::Adapter& adapter) {
  // Left by a run that was killed before it stored the trial.
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  RA_ASSIGN_OR_RETURN(OutputFolder out, OutputFolder::Create(folder));
  RA_RETURN_IF_ERROR(adapter.Save(out.path(), base_model_name));
  return out.Commit();
}

}  // namespace

fs::path AdapterFolder(const fs::path& artifacts, int64_t trial_id) {
  return artifacts / ("trial-" + std::to_string(trial_id));
}

std::function<
    Status(const Configuration&, const TrialContext&, const llama::Adapter&)>
KeepConfirmedAdapters(fs::path artifacts,
                      std::string base_model_name,
                      std::vector<Baseline> baselines) {
  return [artifacts = std::move(artifacts),
          base_model_name = std::move(base_model_name),
          baselines = std::move(baselines)](
             const Configuration& configuration,
             const TrialContext& trial,
             const llama::Adapter& adapter) -> Status {
    if (trial.split() != ItemSplit::kConfirm) return {};
    const bool is_baseline =
        std::ranges::find(baselines, configuration, &Baseline::configuration) !=
        baselines.end();
    if (is_baseline) return {};
    return Keep(
        AdapterFolder(artifacts, trial.trial_id()), base_model_name, adapter);
  };
}

}  // namespace rankadaptor::runners
