// A DependencyGraph says which dimensions of which weights hang together, so
// that structured pruning cuts all of them or none. Its vertices are dimensions
// ("axis 0 of q_proj.weight", "the channels of the product silu(gate) * up"),
// not single channels: a 7B model has some 300 of them, not millions. A
// dependency leads from the dimension that produces values to one that consumes
// them and says which parts of the two belong together.
//
//   GraphDeclaration mlp;
//   int gate = mlp.AddParameter("gate", 0, 172);
//   int up = mlp.AddParameter("up", 0, 172);
//   int down = mlp.AddParameter("down", 1, 172);
//   int product = mlp.AddOperator("silu(gate) * up", 172);
//   mlp.Connect(gate, product, 172);   // channel by channel
//   mlp.Connect(up, product, 172);
//   mlp.Connect(product, down, 172);
//   RA_ASSIGN_OR_RETURN(auto graph, DependencyGraph::Create(std::move(mlp)));
//   graph.Closure(gate);               // gate, product, up, down
//
// What to cut with them: coupled_groups.h. Which to cut: group_ranking.h.
#ifndef RANKADAPTOR_GRAPH_DEPENDENCY_GRAPH_H_
#define RANKADAPTOR_GRAPH_DEPENDENCY_GRAPH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::graph {

// The axis of a dimension that belongs to an operator without parameters.
inline constexpr int kOperatorAxis = -1;

// One axis of a weight, or the channels that pass through an operator.
struct Dimension {
  std::string name;          // of the weight or the operator
  int axis = kOperatorAxis;  // >= 0 for a weight
  int64_t size = 0;

  bool is_parameter() const { return axis != kOperatorAxis; }
};

// `producer` and `consumer`, positions in GraphDeclaration::dimensions, are
// each cut into `num_blocks` consecutive blocks of equal size; block b of one
// belongs to block b of the other. num_blocks equal to both sizes couples
// channel by channel; num_blocks = number of KV heads couples the rows of a KV
// head to the rows of the several query heads that it serves.
struct Dependency {
  int producer = 0;
  int consumer = 0;
  int64_t num_blocks = 0;
};

// What an architecture declares. The order of the dependencies is the order in
// which a closure discovers members (spec 1.3).
struct GraphDeclaration {
  std::vector<Dimension> dimensions;
  std::vector<Dependency> dependencies;

  // Return the new dimension's position.
  int AddParameter(std::string tensor, int axis, int64_t size);
  int AddOperator(std::string name, int64_t size);
  void Connect(int producer, int consumer, int64_t num_blocks);
};

// When does cutting one end of a dependency force cutting the other?
enum class CouplingRule {
  // Always, in both directions: the two ends are one axis of the data that
  // flows between them, so their sizes must stay equal. This is what width
  // pruning needs and what LLM-Pruner's code does (spec 4.2): operators without
  // parameters pass a cut on to everything around them. The closures are the
  // connected components.
  kShape,
  // Equation 1 of the paper and its mirror: the consumer if it has no other
  // producer, the producer if it has no other consumer. Taken literally it
  // stops at every operator with two operands: the product silu(gate) * up has
  // in-degree 2, so cutting gate reaches neither up nor down (spec 4.3), and a
  // model cut that way has no consistent shapes. For comparison only.
  kDegree,
};

// An immutable, checked declaration. Thread-safe.
class DependencyGraph {
 public:
  // kInvalidArgument names the dimension or dependency that is wrong: a size
  // below 1, the same axis of a weight twice, an end that does not exist or
  // equals the other, blocks that do not divide both sizes.
  static Result<DependencyGraph> Create(GraphDeclaration declaration);

  DependencyGraph(DependencyGraph&&) noexcept;
  DependencyGraph& operator=(DependencyGraph&&) noexcept;
  ~DependencyGraph();

  const GraphDeclaration& declaration() const;

  // The dimension of axis `axis` of weight `tensor`; kNotFound.
  Result<int> Find(const std::string& tensor, int axis) const;

  // Everything that must be cut with `root`, root first, then depth first in
  // the order of declaration; operators included. kInvalidArgument if there is
  // no such dimension.
  Result<std::vector<int>> Closure(
      int root, CouplingRule rule = CouplingRule::kShape) const;

 private:
  struct Impl;
  explicit DependencyGraph(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rankadaptor::graph

#endif  // RANKADAPTOR_GRAPH_DEPENDENCY_GRAPH_H_
