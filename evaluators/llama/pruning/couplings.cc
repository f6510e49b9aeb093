#include "evaluators/llama/pruning/couplings.h"

#include "rankadaptor/common/check.h"

namespace rankadaptor::llama::internal {
namespace {

constexpr int kRows = 0;     // output channels of a projection
constexpr int kColumns = 1;  // input channels

// Declares one layer of `config` to `graph`.
class LayerCouplings {
 public:
  LayerCouplings(const LlamaConfig& config,
                 int layer,
                 graph::GraphDeclaration* graph)
      : config_(config),
        shape_(config.layers[layer]),
        layer_(layer),
        graph_(*graph) {}

  // Within a head, channel i of q meets channel i of k, and channel i of v
  // column i of o; between the two products only whole heads correspond. A KV
  // head corresponds to all heads that it serves, as a block.
  void DeclareAttention() {
    const int64_t width = shape_.num_heads * config_.head_dim;
    const int q = Weight(Projection::kQ, kRows);
    const int k = Weight(Projection::kK, kRows);
    const int v = Weight(Projection::kV, kRows);
    const int o = Weight(Projection::kO, kColumns);
    const int scores = graph_.AddOperator(Name("q.k"), width);
    const int context = graph_.AddOperator(Name("attention.v"), width);
    graph_.Connect(scores, context, shape_.num_heads);
    graph_.Connect(context, o, width);
    graph_.Connect(v, context, shape_.num_kv_heads);
    graph_.Connect(k, scores, shape_.num_kv_heads);
    graph_.Connect(q, scores, width);
  }

  void DeclareMlp() {
    const int64_t width = shape_.intermediate_size;
    const int gate = Weight(Projection::kGate, kRows);
    const int up = Weight(Projection::kUp, kRows);
    const int down = Weight(Projection::kDown, kColumns);
    const int product = graph_.AddOperator(Name("silu(gate) * up"), width);
    graph_.Connect(gate, product, width);
    graph_.Connect(up, product, width);
    graph_.Connect(product, down, width);
  }

 private:
  int Weight(Projection projection, int axis) {
    const MatrixShape shape = ProjectionShape(config_, layer_, projection);
    return graph_.AddParameter(ProjectionTensorName(layer_, projection),
                               axis,
                               axis == kRows ? shape.rows : shape.columns);
  }
  std::string Name(const char* op) const {
    return std::to_string(layer_) + "." + op;
  }

  const LlamaConfig& config_;
  const LayerShape& shape_;
  const int layer_;
  graph::GraphDeclaration& graph_;
};

Result<graph::CoupledGroups> GroupsFrom(const graph::DependencyGraph& graph,
                                        int layer,
                                        Projection root) {
  RA_ASSIGN_OR_RETURN(const int dimension,
                      graph.Find(ProjectionTensorName(layer, root), kRows));
  return graph::FindCoupledGroups(graph, dimension);
}

}  // namespace

std::string ProjectionTensorName(int layer, Projection projection) {
  return "model.layers." + std::to_string(layer) + "." +
         ProjectionName(projection) + ".weight";
}

Projection ProjectionOf(const graph::GroupMember& member) {
  for (int p = 0; p < kNumProjections; ++p) {
    const auto projection = static_cast<Projection>(p);
    if (member.tensor.ends_with(std::string(".") + ProjectionName(projection) +
                                ".weight")) {
      return projection;
    }
  }
  RA_CHECK(false) << member.tensor << " is no projection";
  return Projection::kQ;
}

graph::GraphDeclaration DeclareCouplings(const LlamaConfig& config) {
  graph::GraphDeclaration declaration;
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    LayerCouplings couplings(config, layer, &declaration);
    couplings.DeclareAttention();
    couplings.DeclareMlp();
  }
  return declaration;
}

Result<std::vector<LayerGroups>> FindLayerGroups(const LlamaConfig& config) {
  RA_ASSIGN_OR_RETURN(const graph::DependencyGraph graph,
                      graph::DependencyGraph::Create(DeclareCouplings(config)));
  std::vector<LayerGroups> layers;
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    const LayerShape& shape = config.layers[layer];
    const bool grouped = shape.num_heads != shape.num_kv_heads;
    LayerGroups groups;
    RA_ASSIGN_OR_RETURN(
        groups.attention,
        GroupsFrom(graph, layer, grouped ? Projection::kK : Projection::kQ));
    RA_ASSIGN_OR_RETURN(groups.mlp,
                        GroupsFrom(graph, layer, Projection::kGate));
    layers.push_back(std::move(groups));
  }
  return layers;
}

}  // namespace rankadaptor::llama::internal
