#include "evaluators/llama/pruning/couplings.h"

#include <gmock/gmock.h>

namespace rankadaptor::llama::internal {
namespace {

using graph::GroupMember;
using testing::ElementsAre;

LlamaConfig Config(LayerShape shape) {
  LlamaConfig config;
  config.vocab_size = 10;
  config.hidden_size = 12;
  config.head_dim = 4;
  config.layers = {{3, 3, 7}, shape};
  return config;
}

const std::string kPrefix = "model.layers.1.";

TEST(Couplings, MultiHeadAttentionGroupsStartAtQueries) {
  auto groups = FindLayerGroups(Config({3, 3, 7})).value();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[1].attention.num_groups, 3);
  EXPECT_THAT(
      groups[1].attention.members,
      ElementsAre(GroupMember{kPrefix + "self_attn.q_proj.weight", 0, 12, 4},
                  GroupMember{kPrefix + "self_attn.o_proj.weight", 1, 12, 4},
                  GroupMember{kPrefix + "self_attn.v_proj.weight", 0, 12, 4},
                  GroupMember{kPrefix + "self_attn.k_proj.weight", 0, 12, 4}));
}

TEST(Couplings, GroupedQueryGroupsStartAtKeysAndTakeAllServedHeads) {
  auto groups = FindLayerGroups(Config({6, 2, 7})).value();
  EXPECT_EQ(groups[1].attention.num_groups, 2);
  EXPECT_THAT(
      groups[1].attention.members,
      ElementsAre(GroupMember{kPrefix + "self_attn.k_proj.weight", 0, 8, 4},
                  GroupMember{kPrefix + "self_attn.o_proj.weight", 1, 24, 12},
                  GroupMember{kPrefix + "self_attn.v_proj.weight", 0, 8, 4},
                  GroupMember{kPrefix + "self_attn.q_proj.weight", 0, 24, 12}));
}

TEST(Couplings, MlpGroupsAreSingleChannels) {
  auto groups = FindLayerGroups(Config({3, 3, 7})).value();
  EXPECT_EQ(groups[1].mlp.num_groups, 7);
  EXPECT_THAT(
      groups[1].mlp.members,
      ElementsAre(GroupMember{kPrefix + "mlp.gate_proj.weight", 0, 7, 1},
                  GroupMember{kPrefix + "mlp.up_proj.weight", 0, 7, 1},
                  GroupMember{kPrefix + "mlp.down_proj.weight", 1, 7, 1}));
}

TEST(Couplings, AttentionAndMlpOfALayerAreNotCoupled) {
  auto graph =
      graph::DependencyGraph::Create(DeclareCouplings(Config({6, 2, 7})))
          .value();
  const int down =
      graph.Find(ProjectionTensorName(1, Projection::kDown), 1).value();
  EXPECT_EQ(graph.Closure(down)->size(), 4u) << "gate, up, down, product";
}

TEST(Couplings, MembersNameTheirProjection) {
  for (int p = 0; p < kNumProjections; ++p) {
    const auto projection = static_cast<Projection>(p);
    EXPECT_EQ(ProjectionOf({ProjectionTensorName(31, projection), 0, 1, 1}),
              projection);
  }
}

}  // namespace
}  // namespace rankadaptor::llama::internal
