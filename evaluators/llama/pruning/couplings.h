// What a LLaMA layer declares to the dependency graph, and the groups that
// follow (spec 1.3, 4.6). Free of LibTorch.
#ifndef RANKADAPTOR_LLAMA_PRUNING_COUPLINGS_H_
#define RANKADAPTOR_LLAMA_PRUNING_COUPLINGS_H_

#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/graph/coupled_groups.h"
#include "rankadaptor/graph/dependency_graph.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama::internal {

// "model.layers.<layer>.<projection>.weight".
std::string ProjectionTensorName(int layer, Projection projection);

// The projection that a member of one of the groups below is cut from.
Projection ProjectionOf(const graph::GroupMember& member);

// The couplings inside the blocks of all layers; the residual stream and with
// it norms, embeddings and the output matrix are left out, as block-wise
// pruning never cuts them. The order is such that discovery from a root gives
// the members in the order of spec 1.3.
graph::GraphDeclaration DeclareCouplings(const LlamaConfig& config);

// What can be pruned in one layer.
struct LayerGroups {
  // One group per KV head: its rows of k and v, the rows of q of the heads that
  // it serves and their columns of o. The root is q without grouped queries,
  // else k.
  graph::CoupledGroups attention;
  // One group per channel: rows of gate and up, column of down. Root: gate.
  graph::CoupledGroups mlp;
};

// The groups of every layer.
Result<std::vector<LayerGroups>> FindLayerGroups(const LlamaConfig& config);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_PRUNING_COUPLINGS_H_
