// Real models that are recovered in about a second of one core: their LoRA
// ranks are what the searches of this experiment look for.
#ifndef RANKADAPTOR_EXPERIMENTS_FIDELITY_SMALL_MODELS_H_
#define RANKADAPTOR_EXPERIMENTS_FIDELITY_SMALL_MODELS_H_

#include <filesystem>
#include <memory>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/llama_evaluator.h"

namespace rankadaptor::experiments {

inline constexpr double kShortTrial = 0.25;

// "tinyworld": `folder` is experiments/tinyworld. "stories260K", "stories-12L":
// `folder` has models/ and text/. Halved in width but for the first layer
// (tinyworld: 65 % go, stories-12L: 28 %), to be recovered by adapters of ranks
// 2 to 12 in these layers that have no more parameters than rank 8 everywhere;
// the objective is the mean log-likelihood (nats per token) of held-out text of
// the model's own kind.
//
// kInvalidArgument for other names; errors of the files.
Result<std::unique_ptr<llama::LlamaEvaluator>> MakeSmallModel(
    const std::string& name, const std::filesystem::path& folder);

// One trial, from its configuration, seed and fidelity.
Result<double> MeasureTrial(llama::LlamaEvaluator& evaluator,
                            const Configuration& configuration,
                            uint64_t seed,
                            double fidelity,
                            ItemSplit split);

}  // namespace rankadaptor::experiments

#endif  // RANKADAPTOR_EXPERIMENTS_FIDELITY_SMALL_MODELS_H_
