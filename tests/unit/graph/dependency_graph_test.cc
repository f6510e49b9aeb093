#include "rankadaptor/graph/dependency_graph.h"

#include <gmock/gmock.h>

namespace rankadaptor::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::vector<std::string> Names(const DependencyGraph& graph,
                               const std::vector<int>& closure) {
  std::vector<std::string> names;
  for (int d : closure) names.push_back(graph.declaration().dimensions[d].name);
  return names;
}

// Builds a graph in which every dimension has 4 channels, coupled one by one.
class ClosureTest : public testing::Test {
 protected:
  int Weight(const std::string& name) {
    return declaration_.AddParameter(name, 0, 4);
  }
  int Operator(const std::string& name) {
    return declaration_.AddOperator(name, 4);
  }
  void Connect(int producer, int consumer) {
    declaration_.Connect(producer, consumer, 4);
  }
  std::vector<std::string> Closure(int root,
                                   CouplingRule rule = CouplingRule::kShape) {
    auto graph = DependencyGraph::Create(declaration_).value();
    return Names(graph, graph.Closure(root, rule).value());
  }
  GraphDeclaration declaration_;
};

TEST_F(ClosureTest, UnconnectedDimensionStandsAlone) {
  int a = Weight("a");
  Weight("b");
  EXPECT_THAT(Closure(a), ElementsAre("a"));
}

TEST_F(ClosureTest, ChainIsReachedFromBothEnds) {
  int a = Weight("a"), op = Operator("relu"), b = Weight("b");
  Connect(a, op);
  Connect(op, b);
  EXPECT_THAT(Closure(a), ElementsAre("a", "relu", "b"));
  EXPECT_THAT(Closure(b), ElementsAre("b", "relu", "a"));
  EXPECT_THAT(Closure(a, CouplingRule::kDegree), ElementsAre("a", "relu", "b"));
  EXPECT_THAT(Closure(b, CouplingRule::kDegree), ElementsAre("b", "relu", "a"));
}

TEST_F(ClosureTest, ProducerWithSeveralConsumersTakesAllOfThem) {
  int a = Weight("a"), b = Weight("b"), c = Weight("c");
  Connect(a, b);
  Connect(a, c);
  EXPECT_THAT(Closure(b), ElementsAre("b", "a", "c"));
  EXPECT_THAT(Closure(a, CouplingRule::kDegree), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Closure(b, CouplingRule::kDegree), ElementsAre("b"))
      << "the mirror of Eq. 1 needs out-degree 1";
}

// silu(gate(x)) * up(x) -> down.
class SwigluClosureTest : public ClosureTest {
 protected:
  SwigluClosureTest() {
    Connect(gate_, product_);
    Connect(up_, product_);
    Connect(product_, down_);
  }
  int gate_ = Weight("gate");
  int up_ = Weight("up");
  int product_ = Operator("product");
  int down_ = Weight("down");
};

TEST_F(SwigluClosureTest, ShapeRuleCouplesGateUpAndDownFromAnyOfThem) {
  EXPECT_THAT(Closure(gate_), ElementsAre("gate", "product", "up", "down"));
  EXPECT_THAT(Closure(up_),
              UnorderedElementsAre("gate", "product", "up", "down"));
  EXPECT_THAT(Closure(down_),
              UnorderedElementsAre("gate", "product", "up", "down"));
}

TEST_F(SwigluClosureTest, EquationOneStopsAtTheProduct) {
  EXPECT_THAT(Closure(gate_, CouplingRule::kDegree), ElementsAre("gate"));
  EXPECT_THAT(Closure(up_, CouplingRule::kDegree), ElementsAre("up"));
}

TEST_F(SwigluClosureTest, MirrorOfEquationOneStartsAtTheProduct) {
  EXPECT_THAT(Closure(product_, CouplingRule::kDegree),
              ElementsAre("product", "gate", "up", "down"));
  EXPECT_THAT(Closure(down_, CouplingRule::kDegree),
              ElementsAre("down", "product", "gate", "up"));
}

// q . k and attention . v, two products with two producers each.
class AttentionClosureTest : public ClosureTest {
 protected:
  AttentionClosureTest() {
    Connect(scores_, context_);
    Connect(context_, o_);
    Connect(v_, context_);
    Connect(k_, scores_);
    Connect(q_, scores_);
  }
  int q_ = Weight("q"), k_ = Weight("k"), v_ = Weight("v"), o_ = Weight("o");
  int scores_ = Operator("q.k");
  int context_ = Operator("attention.v");
};

TEST_F(AttentionClosureTest, ShapeRuleCouplesAllFourInDeclaredOrder) {
  EXPECT_THAT(Closure(q_),
              ElementsAre("q", "q.k", "attention.v", "o", "v", "k"));
  EXPECT_THAT(Closure(k_),
              ElementsAre("k", "q.k", "attention.v", "o", "v", "q"));
}

TEST_F(AttentionClosureTest, EquationOneCouplesNeitherKeysNorQueries) {
  EXPECT_THAT(Closure(q_, CouplingRule::kDegree), ElementsAre("q"));
  EXPECT_THAT(Closure(v_, CouplingRule::kDegree), ElementsAre("v"));
  EXPECT_THAT(Closure(o_, CouplingRule::kDegree),
              UnorderedElementsAre("o", "q.k", "attention.v", "v", "k", "q"));
}

TEST_F(ClosureTest, ResidualAdditionMakesOneGroupOfTheStream) {
  // x -> (f.in), x + f.out -> (g.in), x + f.out + g.out -> head.
  int x = Weight("x"), f_in = Weight("f.in"), f_out = Weight("f.out");
  int g_in = Weight("g.in"), g_out = Weight("g.out"), head = Weight("head");
  int add1 = Operator("add1"), add2 = Operator("add2");
  Connect(x, f_in);
  Connect(x, add1);
  Connect(f_out, add1);
  Connect(add1, g_in);
  Connect(add1, add2);
  Connect(g_out, add2);
  Connect(add2, head);
  EXPECT_EQ(Closure(f_out).size(), 8u);
  EXPECT_EQ(Closure(head).size(), 8u);
  EXPECT_THAT(Closure(x, CouplingRule::kDegree), ElementsAre("x", "f.in"))
      << "Eq. 1 cannot cross a skip connection";
}

TEST_F(ClosureTest, DiamondIsVisitedOnce) {
  int a = Weight("a"), b = Weight("b"), c = Weight("c"), d = Weight("d");
  Connect(a, b);
  Connect(a, c);
  Connect(b, d);
  Connect(c, d);
  EXPECT_THAT(Closure(a), ElementsAre("a", "b", "d", "c"));
}

TEST_F(ClosureTest, RootMustExist) {
  Weight("a");
  auto graph = DependencyGraph::Create(declaration_).value();
  EXPECT_EQ(graph.Closure(1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(graph.Closure(-1).error().code, ErrorCode::kInvalidArgument);
}

TEST(DependencyGraph, FindsParametersByNameAndAxis) {
  GraphDeclaration declaration;
  declaration.AddOperator("w", 3);
  declaration.AddParameter("w", 0, 3);
  declaration.AddParameter("w", 1, 5);
  auto graph = DependencyGraph::Create(declaration).value();
  EXPECT_EQ(graph.Find("w", 0), 1);
  EXPECT_EQ(graph.Find("w", 1), 2);
  EXPECT_EQ(graph.Find("w", 2).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(graph.Find("v", 0).error().code, ErrorCode::kNotFound);
}

std::string CreateError(const GraphDeclaration& declaration) {
  auto graph = DependencyGraph::Create(declaration);
  return graph.has_value() ? "" : graph.error().message;
}

TEST(DependencyGraph, RefusesBadDimensions) {
  GraphDeclaration empty;
  empty.AddParameter("w", 0, 0);
  EXPECT_THAT(CreateError(empty), HasSubstr("size 0"));

  GraphDeclaration twice;
  twice.AddParameter("w", 1, 2);
  twice.AddParameter("w", 1, 2);
  EXPECT_THAT(CreateError(twice),
              HasSubstr("axis 1 of \"w\": is declared twi"));

  GraphDeclaration negative;
  negative.AddParameter("w", -2, 2);
  EXPECT_THAT(CreateError(negative), HasSubstr("axis -2"));
}

TEST(DependencyGraph, RefusesBadDependencies) {
  GraphDeclaration declaration;
  int a = declaration.AddParameter("a", 0, 4);
  int b = declaration.AddParameter("b", 0, 6);
  for (int64_t blocks : {0, 4, 6, 3}) {
    GraphDeclaration bad = declaration;
    bad.Connect(a, b, blocks);
    EXPECT_THAT(CreateError(bad), HasSubstr("do not divide")) << blocks;
  }
  for (auto [from, to] : {std::pair(a, a), {a, 2}, {-1, b}}) {
    GraphDeclaration bad = declaration;
    bad.Connect(from, to, 2);
    EXPECT_THAT(CreateError(bad), HasSubstr("ends must be"));
  }
  declaration.Connect(a, b, 2);
  EXPECT_EQ(CreateError(declaration), "");
}

}  // namespace
}  // namespace rankadaptor::graph
