#include "rankadaptor/graph/coupled_groups.h"

#include <map>
#include <numeric>

#include <boost/pending/disjoint_sets.hpp>
#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::graph {
namespace {

using testing::ElementsAre;

// Grouped-query attention: `heads` query heads on `kv_heads` KV heads.
GraphDeclaration Attention(int64_t heads, int64_t kv_heads, int64_t head_dim) {
  GraphDeclaration d;
  const int64_t width = heads * head_dim;
  int q = d.AddParameter("q", 0, width);
  int k = d.AddParameter("k", 0, kv_heads * head_dim);
  int v = d.AddParameter("v", 0, kv_heads * head_dim);
  int o = d.AddParameter("o", 1, width);
  int scores = d.AddOperator("q.k", width);
  int context = d.AddOperator("attention.v", width);
  d.Connect(scores, context, heads);
  d.Connect(context, o, width);
  d.Connect(v, context, kv_heads);
  d.Connect(k, scores, kv_heads);
  d.Connect(q, scores, width);
  return d;
}

CoupledGroups Groups(const GraphDeclaration& declaration, int root) {
  auto graph = DependencyGraph::Create(declaration).value();
  return FindCoupledGroups(graph, root).value();
}

TEST(CoupledGroups, ChannelByChannelGivesOneGroupPerChannel) {
  GraphDeclaration d;
  int a = d.AddParameter("a", 0, 6), b = d.AddParameter("b", 1, 6);
  d.Connect(a, b, 6);
  CoupledGroups groups = Groups(d, a);
  EXPECT_EQ(groups.num_groups, 6);
  EXPECT_THAT(
      groups.members,
      ElementsAre(GroupMember{"a", 0, 6, 1}, GroupMember{"b", 1, 6, 1}));
}

TEST(CoupledGroups, MultiHeadAttentionIsCutByHeads) {
  CoupledGroups groups = Groups(Attention(4, 4, 3), 0);
  EXPECT_EQ(groups.num_groups, 4);
  EXPECT_THAT(groups.members,
              ElementsAre(GroupMember{"q", 0, 12, 3},
                          GroupMember{"o", 1, 12, 3},
                          GroupMember{"v", 0, 12, 3},
                          GroupMember{"k", 0, 12, 3}));
}

TEST(CoupledGroups, KvHeadTakesTheConsecutiveQueryHeadsItServes) {
  CoupledGroups groups = Groups(Attention(6, 2, 5), 1);
  EXPECT_EQ(groups.num_groups, 2);
  EXPECT_THAT(groups.members,
              ElementsAre(GroupMember{"k", 0, 10, 5},
                          GroupMember{"o", 1, 30, 15},
                          GroupMember{"v", 0, 10, 5},
                          GroupMember{"q", 0, 30, 15}));
  const int64_t second[] = {1};
  std::vector<int64_t> q_rows(15);
  std::iota(q_rows.begin(), q_rows.end(), 15);  // heads 3, 4, 5
  EXPECT_EQ(MemberIndices(groups.members[3], second), q_rows);
}

TEST(CoupledGroups, OperatorsAreNoMembersAndNoRoots) {
  auto graph = DependencyGraph::Create(Attention(2, 1, 2)).value();
  EXPECT_EQ(FindCoupledGroups(graph, 4).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(CoupledGroups, EquationOneGivesChannelsOfGateAlone) {
  GraphDeclaration d;
  int gate = d.AddParameter("gate", 0, 4), up = d.AddParameter("up", 0, 4);
  int product = d.AddOperator("product", 4);
  d.Connect(gate, product, 4);
  d.Connect(up, product, 4);
  auto graph = DependencyGraph::Create(d).value();
  CoupledGroups groups =
      FindCoupledGroups(graph, gate, CouplingRule::kDegree).value();
  EXPECT_THAT(groups.members, ElementsAre(GroupMember{"gate", 0, 4, 1}));
  EXPECT_EQ(groups.num_groups, 4);
}

TEST(CoupledGroups, MemberIndicesFollowTheOrderOfTheGroups) {
  const int64_t chosen[] = {2, 0};
  EXPECT_THAT(MemberIndices({"w", 0, 6, 2}, chosen), ElementsAre(4, 5, 0, 1));
  EXPECT_THAT(MemberIndices({"w", 0, 6, 2}, {}), ElementsAre());
}

// The same question answered index by index with disjoint sets.
class IndexLevelClosure {
 public:
  explicit IndexLevelClosure(const GraphDeclaration& d) {
    for (const Dimension& dimension : d.dimensions) {
      begins_.push_back(num_indices_);
      num_indices_ += dimension.size;
    }
    rank_.resize(num_indices_);
    parent_.resize(num_indices_);
    sets_.emplace(rank_.data(), parent_.data());
    for (int64_t i = 0; i < num_indices_; ++i) sets_->make_set(i);
    for (const Dependency& dependency : d.dependencies) Join(d, dependency);
  }
  // Set of each index of `dimension`, numbered by first appearance.
  std::vector<int> Partition(int dimension, int64_t size) {
    std::map<int64_t, int> names;
    std::vector<int> partition;
    for (int64_t i = 0; i < size; ++i) {
      int64_t set = sets_->find_set(begins_[dimension] + i);
      partition.push_back(
          names.emplace(set, static_cast<int>(names.size())).first->second);
    }
    return partition;
  }

 private:
  void Join(const GraphDeclaration& d, const Dependency& dependency) {
    int64_t from = d.dimensions[dependency.producer].size;
    int64_t to = d.dimensions[dependency.consumer].size;
    for (int64_t i = 0; i < from; ++i) {
      for (int64_t j = 0; j < to; ++j) {
        if (i / (from / dependency.num_blocks) ==
            j / (to / dependency.num_blocks)) {
          sets_->union_set(begins_[dependency.producer] + i,
                           begins_[dependency.consumer] + j);
        }
      }
    }
  }
  int64_t num_indices_ = 0;
  std::vector<int64_t> begins_, rank_, parent_;
  std::optional<boost::disjoint_sets<int64_t*, int64_t*>> sets_;
};

// A connected graph of random block dependencies between sizes 12, 24 and 36.
GraphDeclaration RandomGraph(RandomStream& random) {
  GraphDeclaration d;
  constexpr int kNumDimensions = 5;
  const auto connect = [&](int from, int to) {
    int64_t common = std::gcd(d.dimensions[from].size, d.dimensions[to].size);
    int64_t blocks = random.UniformInt(1, common);
    while (common % blocks != 0) --blocks;
    d.Connect(from, to, blocks);
  };
  for (int i = 0; i < kNumDimensions; ++i) {
    d.AddParameter(std::to_string(i), 0, 12 * random.UniformInt(1, 3));
    if (i > 0) connect(static_cast<int>(random.UniformInt(0, i - 1)), i);
  }
  connect(0, kNumDimensions - 1);
  return d;
}

TEST(CoupledGroups, AgreeWithIndexLevelClosureOnRandomGraphs) {
  RandomStream random(7);
  std::set<int64_t> seen;
  for (int trial = 0; trial < 200; ++trial) {
    GraphDeclaration d = RandomGraph(random);
    CoupledGroups groups = Groups(d, 0);
    seen.insert(groups.num_groups);
    IndexLevelClosure reference(d);
    for (const GroupMember& member : groups.members) {
      std::vector<int> expected;
      for (int64_t i = 0; i < member.size; ++i) {
        expected.push_back(static_cast<int>(i / member.indices_per_group));
      }
      ASSERT_EQ(reference.Partition(std::stoi(member.tensor), member.size),
                expected);
    }
  }
  EXPECT_GT(seen.size(), 3u) << "the random graphs are too alike";
}

}  // namespace
}  // namespace rankadaptor::graph
