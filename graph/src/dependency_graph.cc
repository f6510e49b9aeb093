#include "rankadaptor/graph/dependency_graph.h"

#include <set>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>

namespace rankadaptor::graph {
namespace {

// An arc i -> j: cutting i forces cutting j. vecS keeps the arcs of a vertex in
// the order in which they were added.
using ForcedCuts =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;

ForcedCuts ShapeCuts(const GraphDeclaration& declaration) {
  ForcedCuts cuts(declaration.dimensions.size());
  for (const Dependency& d : declaration.dependencies) {
    boost::add_edge(d.producer, d.consumer, cuts);
    boost::add_edge(d.consumer, d.producer, cuts);
  }
  return cuts;
}

// Equation 1 (first test) and its mirror (second test).
ForcedCuts DegreeCuts(const GraphDeclaration& declaration) {
  std::vector<int> in_degree(declaration.dimensions.size());
  std::vector<int> out_degree(declaration.dimensions.size());
  for (const Dependency& d : declaration.dependencies) {
    ++in_degree[d.consumer];
    ++out_degree[d.producer];
  }
  ForcedCuts cuts(declaration.dimensions.size());
  for (const Dependency& d : declaration.dependencies) {
    if (in_degree[d.consumer] == 1) {
      boost::add_edge(d.producer, d.consumer, cuts);
    }
    if (out_degree[d.producer] == 1) {
      boost::add_edge(d.consumer, d.producer, cuts);
    }
  }
  return cuts;
}

class DiscoveryRecorder : public boost::default_dfs_visitor {
 public:
  explicit DiscoveryRecorder(std::vector<int>* order) : order_(order) {}
  void discover_vertex(ForcedCuts::vertex_descriptor v, const ForcedCuts&) {
    order_->push_back(static_cast<int>(v));
  }

 private:
  std::vector<int>* order_;
};

std::vector<int> Discover(const ForcedCuts& cuts, int root) {
  std::vector<int> order;
  std::vector<boost::default_color_type> colors(boost::num_vertices(cuts));
  boost::depth_first_visit(
      cuts,
      static_cast<ForcedCuts::vertex_descriptor>(root),
      DiscoveryRecorder(&order),
      boost::make_iterator_property_map(colors.begin(),
                                        boost::get(boost::vertex_index, cuts)));
  return order;
}

std::string Describe(const Dimension& d) {
  if (!d.is_parameter()) return "operator \"" + d.name + "\"";
  return "axis " + std::to_string(d.axis) + " of \"" + d.name + "\"";
}

Status CheckDimensions(const std::vector<Dimension>& dimensions) {
  std::set<std::pair<std::string, int>> seen;
  for (const Dimension& d : dimensions) {
    if (d.axis < kOperatorAxis) {
      return InvalidArgument("\"" + d.name + "\": axis " +
                             std::to_string(d.axis) + " is negative");
    }
    if (d.size < 1) {
      return InvalidArgument(Describe(d) + ": size " + std::to_string(d.size) +
                             " is below 1");
    }
    if (d.is_parameter() && !seen.emplace(d.name, d.axis).second) {
      return InvalidArgument(Describe(d) + ": is declared twice");
    }
  }
  return {};
}

Status CheckDependency(const std::vector<Dimension>& dimensions,
                       const Dependency& d) {
  const auto exists = [&](int i) {
    return i >= 0 && i < static_cast<int>(dimensions.size());
  };
  if (!exists(d.producer) || !exists(d.consumer) || d.producer == d.consumer) {
    return InvalidArgument("dependency " + std::to_string(d.producer) + " -> " +
                           std::to_string(d.consumer) +
                           ": the ends must be two of the " +
                           std::to_string(dimensions.size()) + " dimensions");
  }
  const Dimension& producer = dimensions[d.producer];
  const Dimension& consumer = dimensions[d.consumer];
  if (d.num_blocks < 1 || producer.size % d.num_blocks != 0 ||
      consumer.size % d.num_blocks != 0) {
    return InvalidArgument(
        "dependency " + Describe(producer) + " -> " + Describe(consumer) +
        ": " + std::to_string(d.num_blocks) +
        " blocks do not divide the sizes " + std::to_string(producer.size) +
        " and " + std::to_string(consumer.size));
  }
  return {};
}

}  // namespace

int GraphDeclaration::AddParameter(std::string tensor, int axis, int64_t size) {
  dimensions.push_back({std::move(tensor), axis, size});
  return static_cast<int>(dimensions.size()) - 1;
}

int GraphDeclaration::AddOperator(std::string name, int64_t size) {
  return AddParameter(std::move(name), kOperatorAxis, size);
}

void GraphDeclaration::Connect(int producer, int consumer, int64_t num_blocks) {
  dependencies.push_back({producer, consumer, num_blocks});
}

struct DependencyGraph::Impl {
  explicit Impl(GraphDeclaration d)
      : declaration(std::move(d)),
        shape(ShapeCuts(declaration)),
        degree(DegreeCuts(declaration)) {}

  const GraphDeclaration declaration;
  const ForcedCuts shape;
  const ForcedCuts degree;
};

DependencyGraph::DependencyGraph(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
DependencyGraph::DependencyGraph(DependencyGraph&&) noexcept = default;
DependencyGraph& DependencyGraph::operator=(DependencyGraph&&) noexcept =
    default;
DependencyGraph::~DependencyGraph() = default;

Result<DependencyGraph> DependencyGraph::Create(GraphDeclaration declaration) {
  RA_RETURN_IF_ERROR(CheckDimensions(declaration.dimensions));
  for (const Dependency& d : declaration.dependencies) {
    RA_RETURN_IF_ERROR(CheckDependency(declaration.dimensions, d));
  }
  try {
    return DependencyGraph(std::make_unique<Impl>(std::move(declaration)));
  } catch (const std::exception& e) {
    return Internal(std::string("dependency graph: ") + e.what());
  }
}

const GraphDeclaration& DependencyGraph::declaration() const {
  return impl_->declaration;
}

Result<int> DependencyGraph::Find(const std::string& tensor, int axis) const {
  const std::vector<Dimension>& dimensions = impl_->declaration.dimensions;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    const Dimension& d = dimensions[i];
    if (d.is_parameter() && d.axis == axis && d.name == tensor) {
      return static_cast<int>(i);
    }
  }
  return NotFound("axis " + std::to_string(axis) + " of \"" + tensor +
                  "\" is not in the dependency graph");
}

Result<std::vector<int>> DependencyGraph::Closure(int root,
                                                  CouplingRule rule) const {
  if (root < 0 ||
      root >= static_cast<int>(impl_->declaration.dimensions.size())) {
    return InvalidArgument(
        "root " + std::to_string(root) + " is not one of the " +
        std::to_string(impl_->declaration.dimensions.size()) + " dimensions");
  }
  try {
    return Discover(rule == CouplingRule::kShape ? impl_->shape : impl_->degree,
                    root);
  } catch (const std::exception& e) {
    return Internal(std::string("dependency graph: ") + e.what());
  }
}

}  // namespace rankadaptor::graph
