#include <memory>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/llama/pruning.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/pruning/couplings.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerWeights;
using internal::Transformer;
using internal::Weights;

// Replaces every member by its part that `kept_groups` own.
void CutMembers(const graph::CoupledGroups& groups,
                const std::vector<int64_t>& kept_groups,
                LayerWeights* weights) {
  if (static_cast<int64_t>(kept_groups.size()) == groups.num_groups) return;
  for (const graph::GroupMember& member : groups.members) {
    const Projection projection = internal::ProjectionOf(member);
    at::Tensor& weight = (*weights)[projection];
    const at::Tensor indices =
        at::tensor(graph::MemberIndices(member, kept_groups), at::kLong)
            .to(weight.device());
    weight = weight.index_select(member.axis, indices);
    // A bias belongs to the rows (spec 1.3).
    at::Tensor& bias = weights->biases[static_cast<size_t>(projection)];
    if (member.axis == 0 && bias.defined()) {
      bias = bias.index_select(0, indices);
    }
  }
}

Result<Model> Cut(const Transformer& dense, const KeptIndices& kept) {
  const c10::NoGradGuard no_gradients;
  RA_ASSIGN_OR_RETURN(const std::vector<internal::LayerGroups> groups,
                      internal::FindLayerGroups(dense.config()));
  Weights weights = dense.weights();
  weights.layers.clear();
  for (size_t i = 0; i < kept.layers.size(); ++i) {
    const KeptLayer& layer = kept.layers[i];
    if (layer.removed()) continue;
    LayerWeights& cut = weights.layers.emplace_back(dense.weights().layers[i]);
    CutMembers(groups[i].attention, layer.kv_heads, &cut);
    CutMembers(groups[i].mlp, layer.mlp_channels, &cut);
  }
  return Model(std::make_shared<const Transformer>(
      PrunedConfig(dense.config(), kept), std::move(weights)));
}

}  // namespace

Result<Model> ApplyKept(const Model& model, const KeptIndices& kept) {
  RA_RETURN_IF_ERROR(CheckKeptIndices(kept, model.config()));
  return internal::CatchTorch([&] { return Cut(model.transformer(), kept); });
}

}  // namespace rankadaptor::llama
