// What pruning did, for people.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_PRUNING_REPORT_H_
#define RANKADAPTOR_RUNNERS_LLAMA_PRUNING_REPORT_H_

#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/pruning.h"

namespace rankadaptor::runners {

// "5,422,977,024 of 6,738,415,616 parameters kept (80.48 %)".
std::string ParametersKept(const llama::LlamaConfig& before,
                           const llama::LlamaConfig& after);

// A table of the widths of all layers that stay and the parameters kept;
// `kept_layers` are their numbers in the model before.
std::string ShapesText(const llama::LlamaConfig& before,
                       const llama::LlamaConfig& after,
                       const std::vector<int>& kept_layers);

// What stayed whole and why, magnitudes of Taylor terms, the order of blocks.
std::string DetailsText(const llama::PruneResult& result);

// Times short forward passes of both models in turn and says the medians.
Result<std::string> LatencyText(const llama::Model& before,
                                const llama::Model& after);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_PRUNING_REPORT_H_
