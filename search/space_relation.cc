#include "search/space_relation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "search/strategies/free_space.h"

namespace rankadaptor::internal {
namespace {

using surrogate::StructureRelation;
using Link = StructureRelation::Link;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Distances between neighbours are not taken for smaller than this share of a
// descriptor's standard deviation.
constexpr double kMinUnit = 1e-6;

std::vector<const Parameter*> FreeParameters(const SearchSpace& space) {
  std::vector<const Parameter*> parameters;
  for (int index : space.free_parameters()) {
    parameters.push_back(&space.parameter(index));
  }
  return parameters;
}

std::optional<double> ValueOf(const Parameter& parameter,
                              const std::string& descriptor) {
  auto found =
      std::ranges::find(parameter.descriptors, descriptor, &Descriptor::name);
  if (found == parameter.descriptors.end()) return std::nullopt;
  return found->value;
}

// Parameters whose names differ in numbers only are of one sort.
std::string SortOf(const Parameter& parameter) {
  std::string sort = parameter.name;
  std::erase_if(sort, [](char c) { return c >= '0' && c <= '9'; });
  return sort;
}

using Points = std::vector<std::vector<double>>;  // [num_parameters]

double Distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return std::sqrt(sum);
}

// One parameter list as points in the space of shared descriptors.
struct Side {
  std::vector<const Parameter*> parameters;
  Points points;
};

// Adds a coordinate that has a standard deviation of 1 over both sides.
void AddCoordinate(const std::string& descriptor, Side& there, Side& here) {
  std::vector<double> values;
  for (const Side* side : {&there, &here}) {
    for (const Parameter* parameter : side->parameters) {
      const auto value = ValueOf(*parameter, descriptor);
      if (!value) return;
      values.push_back(*value);
    }
  }
  // Halves, so that nothing overflows.
  double mean = 0;
  for (double value : values) {
    mean += value / 2 / static_cast<double>(values.size());
  }
  double largest = 0;
  for (double& value : values) {
    value = value / 2 - mean;
    largest = std::max(largest, std::abs(value));
  }
  double squares = 0;
  for (double value : values) {
    if (largest > 0) squares += (value / largest) * (value / largest);
  }
  const double deviation =
      std::sqrt(squares / static_cast<double>(values.size())) * largest;
  size_t n = 0;
  for (Side* side : {&there, &here}) {
    for (std::vector<double>& point : side->points) {
      point.push_back(deviation > 0 ? values[n] / deviation : 0);
      ++n;
    }
  }
}

// The median distance of a point to its closest neighbour of the same sort.
double Spacing(const Side& side) {
  std::vector<double> distances;
  for (size_t a = 0; a < side.points.size(); ++a) {
    double closest = kInfinite;
    for (size_t b = 0; b < side.points.size(); ++b) {
      if (a == b || SortOf(*side.parameters[a]) != SortOf(*side.parameters[b]))
        continue;
      closest = std::min(closest, Distance(side.points[a], side.points[b]));
    }
    if (std::isfinite(closest)) distances.push_back(closest);
  }
  if (distances.empty()) return 1;
  std::ranges::nth_element(distances,
                           distances.begin() + std::ssize(distances) / 2);
  return std::max(distances[distances.size() / 2], kMinUnit);
}

// Weights of the values there for a value here: linear between two of them,
// that of the end beyond it.
void FillOrdinal(const Parameter& there,
                 double value,
                 std::span<double> weights) {
  const auto above = std::ranges::lower_bound(there.choices, value);
  if (above == there.choices.begin()) {
    weights.front() = 1;
  } else if (above == there.choices.end()) {
    weights.back() = 1;
  } else {
    const auto high = static_cast<size_t>(above - there.choices.begin());
    const double low_value = there.choices[high - 1];
    const double part =
        (value / 2 - low_value / 2) / (*above / 2 - low_value / 2);
    weights[high] = part;
    weights[high - 1] = 1 - part;
  }
}

void FillCategorical(const Parameter& there,
                     const Parameter& here,
                     size_t choice,
                     std::span<double> weights) {
  for (size_t b = 0; b < weights.size(); ++b) {
    const bool labelled = !there.labels.empty() && !here.labels.empty();
    const bool same = labelled ? there.labels[b] == here.labels[choice]
                               : there.choices[b] == here.choices[choice];
    if (same) weights[b] = 1;
  }
}

// [choices here, choices there]; empty if none are alike.
std::vector<double> LevelsOf(const Parameter& there, const Parameter& here) {
  const size_t columns = there.choices.size();
  std::vector<double> levels(here.choices.size() * columns, 0.0);
  if (there.kind == ParameterKind::kOrdinal &&
      (there.choices.front() > here.choices.back() ||
       there.choices.back() < here.choices.front())) {
    return {};
  }
  for (size_t a = 0; a < here.choices.size(); ++a) {
    const auto weights = std::span(levels).subspan(a * columns, columns);
    if (there.kind == ParameterKind::kOrdinal) {
      FillOrdinal(there, here.choices[a], weights);
    } else {
      FillCategorical(there, here, a, weights);
    }
  }
  const bool any =
      std::ranges::any_of(levels, [](double weight) { return weight > 0; });
  return any ? levels : std::vector<double>();
}

Link MakeLink(const Parameter& there, const Parameter& here, double distance) {
  if (there.kind != here.kind) return {kInfinite, {}};
  std::vector<double> levels = LevelsOf(there, here);
  return {levels.empty() ? kInfinite : distance, std::move(levels)};
}

// Of one sort with it, if there are any.
bool MayCompare(const Parameter& there,
                const Parameter& here,
                const Side& all) {
  const std::string sort = SortOf(here);
  return SortOf(there) == sort ||
         std::ranges::none_of(all.parameters, [&](const Parameter* other) {
           return SortOf(*other) == sort;
         });
}

StructureRelation RelateByDescriptors(const Side& there, const Side& here) {
  const double unit = Spacing(there);
  StructureRelation relation;
  for (size_t i = 0; i < here.parameters.size(); ++i) {
    std::vector<Link>& links = relation.links.emplace_back();
    for (size_t s = 0; s < there.parameters.size(); ++s) {
      const Parameter& like = *there.parameters[s];
      const bool compared = MayCompare(like, *here.parameters[i], there);
      const double distance =
          compared ? Distance(here.points[i], there.points[s]) / unit
                   : kInfinite;
      links.push_back(MakeLink(like, *here.parameters[i], distance));
    }
  }
  return relation;
}

StructureRelation RelateByNames(const Side& there, const Side& here) {
  StructureRelation relation;
  for (const Parameter* parameter : here.parameters) {
    std::vector<Link>& links = relation.links.emplace_back();
    for (const Parameter* like : there.parameters) {
      const double distance = like->name == parameter->name ? 0 : kInfinite;
      links.push_back(MakeLink(*like, *parameter, distance));
    }
  }
  return relation;
}

bool HasAllNames(const Side& there, const Side& here) {
  return std::ranges::all_of(here.parameters, [&](const Parameter* parameter) {
    return std::ranges::any_of(there.parameters, [&](const Parameter* other) {
      return other->name == parameter->name;
    });
  });
}

Status CheckAllLinked(const StructureRelation& relation, const Side& here) {
  for (size_t i = 0; i < relation.links.size(); ++i) {
    const bool linked = std::ranges::any_of(
        relation.links[i],
        [](const Link& link) { return std::isfinite(link.distance); });
    if (linked) continue;
    return InvalidArgument("no parameter of its space is like '" +
                           here.parameters[i]->name +
                           "': of the same type, with choices in common");
  }
  return {};
}

// Sources are evidence, not results: they may break constraints.
Status CheckSource(const SearchSpace& unlimited, const SourceStudy& source) {
  if (source.configurations.size() != source.values.size()) {
    return InvalidArgument(std::to_string(source.configurations.size()) +
                           " configurations have " +
                           std::to_string(source.values.size()) + " scores");
  }
  for (size_t i = 0; i < source.values.size(); ++i) {
    const std::string name = "configuration " + std::to_string(i);
    if (!std::isfinite(source.values[i])) {
      return InvalidArgument(name + " has a score that is not finite");
    }
    if (Status s = unlimited.Validate(source.configurations[i]); !s) {
      return InContext(name, s.error());
    }
  }
  return {};
}

Status CheckOwnSpace(const SourceStudy& source, const SearchSpace& space) {
  RA_ASSIGN_OR_RETURN(const SearchSpace own, SpaceOf(source));
  RA_RETURN_IF_ERROR(CheckSource(own, source));
  RA_ASSIGN_OR_RETURN([[maybe_unused]] auto relation, Relate(own, space));
  return {};
}

// The choice here that is most like a choice there; -1 if none is.
int32_t ChoiceLike(int32_t choice, const Link& link, size_t num_choices) {
  const size_t columns = link.levels.size() / num_choices;
  double most = 0;
  int32_t best = -1;
  for (size_t a = 0; a < num_choices; ++a) {
    const double weight = link.levels[a * columns + choice];
    if (weight <= most) continue;
    most = weight;
    best = static_cast<int32_t>(a);
  }
  return best;
}

Result<SourceStudy> Moved(const SourceStudy& source, const SearchSpace& space) {
  RA_ASSIGN_OR_RETURN(const SearchSpace own, SpaceOf(source));
  RA_ASSIGN_OR_RETURN(const StructureRelation relation, Relate(own, space));
  const FreeSpace there(own);
  const FreeSpace here(space);
  SourceStudy moved{.name = source.name, .configurations = {}, .values = {}};
  for (size_t n = 0; n < source.values.size(); ++n) {
    const Row row = there.ToRow(source.configurations[n]);
    Row like;
    for (int i = 0; i < here.num_dimensions(); ++i) {
      const int s = relation.Closest(i);
      like.push_back(
          ChoiceLike(row[s], relation.links[i][s], here.num_levels(i)));
    }
    if (std::ranges::count(like, -1) > 0) continue;
    moved.configurations.push_back(here.ToConfiguration(like));
    moved.values.push_back(source.values[n]);
  }
  return moved;
}

}  // namespace

bool IsOfSpace(const SourceStudy& source, const SearchSpace& space) {
  return source.parameters.empty() ||
         std::ranges::equal(source.parameters,
                            space.parameters(),
                            [](const Parameter& a, const Parameter& b) {
                              return a.name == b.name && a.kind == b.kind &&
                                     a.choices == b.choices &&
                                     a.labels == b.labels;
                            });
}

Result<SearchSpace> SpaceOf(const SourceStudy& source) {
  return SearchSpace::Create(source.parameters);
}

Result<StructureRelation> Relate(const SearchSpace& there,
                                 const SearchSpace& here) {
  Side from{FreeParameters(there), {}};
  Side to{FreeParameters(here), {}};
  StructureRelation relation;
  if (to.parameters.empty()) return relation;
  if (from.parameters.empty()) {
    return InvalidArgument("its space has nothing to choose");
  }
  from.points.resize(from.parameters.size());
  to.points.resize(to.parameters.size());
  for (const Descriptor& descriptor : to.parameters[0]->descriptors) {
    AddCoordinate(descriptor.name, from, to);
  }
  if (!to.points[0].empty()) {
    relation = RelateByDescriptors(from, to);
  } else if (HasAllNames(from, to)) {
    relation = RelateByNames(from, to);
  } else {
    return InvalidArgument(
        "its " + std::to_string(from.parameters.size()) +
        " parameters and the " + std::to_string(to.parameters.size()) +
        " of the study have no descriptor in common and other names; give all "
        "of them one, such as their relative depth");
  }
  RA_RETURN_IF_ERROR(CheckAllLinked(relation, to));
  return relation;
}

Status CheckSources(std::span<const SourceStudy> sources,
                    const SearchSpace& space) {
  RA_ASSIGN_OR_RETURN(const SearchSpace unlimited,
                      SearchSpace::Create(space.parameters()));
  for (size_t i = 0; i < sources.size(); ++i) {
    const Status checked = IsOfSpace(sources[i], space)
                               ? CheckSource(unlimited, sources[i])
                               : CheckOwnSpace(sources[i], space);
    if (checked) continue;
    return InContext("source " + std::to_string(i), checked.error());
  }
  return {};
}

Result<std::vector<SourceStudy>> InSpace(std::span<const SourceStudy> sources,
                                         const SearchSpace& space) {
  std::vector<SourceStudy> moved;
  for (const SourceStudy& source : sources) {
    if (IsOfSpace(source, space)) {
      moved.push_back(source);
      continue;
    }
    RA_ASSIGN_OR_RETURN(moved.emplace_back(), Moved(source, space));
  }
  return moved;
}

}  // namespace rankadaptor::internal
