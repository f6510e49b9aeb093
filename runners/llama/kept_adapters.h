// The adapters that a study keeps: those of the trials that confirm its
// finalists, each as a PEFT folder "trial-<id>". Any other trial's adapter is
// made again from its seed.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_KEPT_ADAPTERS_H_
#define RANKADAPTOR_RUNNERS_LLAMA_KEPT_ADAPTERS_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/study.h"

namespace rankadaptor::runners {

// "<artifacts>/trial-<id>".
std::filesystem::path AdapterFolder(const std::filesystem::path& artifacts,
                                    int64_t trial_id);

// For LlamaEvaluatorOptions::on_recovered: writes the adapter of a confirmation
// trial unless its configuration is a baseline's. Thread-safe.
std::function<Status(const Configuration& configuration,
                     const TrialContext& trial,
                     const llama::Adapter& adapter)>
KeepConfirmedAdapters(std::filesystem::path artifacts,
                      std::string base_model_name,
                      std::vector<Baseline> baselines);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_KEPT_ADAPTERS_H_
