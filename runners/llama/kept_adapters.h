// The adapters that a study keeps: those of the trials that confirm its
// finalists, each as a PEFT folder "trial-<id>". Any other trial's adapter is
// made again from its seed.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_KEPT_ADAPTERS_H_
#define RANKADAPTOR_RUNNERS_LLAMA_KEPT_ADAPTERS_H_

#include <cstdint>
#include <filesystem>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/study.h"

namespace rankadaptor::runners {

// "<artifacts>/trial-<id>".
std::filesystem::path AdapterFolder(const std::filesystem::path& artifacts,
                                    int64_t trial_id);

// Const members are thread-safe.
class ConfirmedAdapters {
 public:
  // `model_folder` is that of the model before pruning.
  ConfirmedAdapters(std::filesystem::path artifacts,
                    std::filesystem::path model_folder,
                    std::vector<Baseline> baselines);

  // Writes the adapter of a confirmation trial unless its configuration is a
  // baseline's, with kept_indices.json where the trial has a pruned model of
  // its own (`kept`, of the model in the folder; may be null).
  Status Keep(const Configuration& configuration,
              TrialContext& trial,
              const llama::Adapter& adapter,
              const llama::KeptIndices* kept) const;

 private:
  std::filesystem::path artifacts_;
  std::filesystem::path model_folder_;
  std::vector<Baseline> baselines_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_KEPT_ADAPTERS_H_
