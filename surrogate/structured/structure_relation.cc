#include "rankadaptor/surrogate/structure_relation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

#include "surrogate/structured/variances.h"

namespace rankadaptor::surrogate {
namespace {

// How fast weights fall with distance, in the distance's units: of two
// neighbours a place between them learns about equally, and next to nothing of
// the ones behind.
constexpr double kLength = 0.5;

// Dimensions there, the closest first, whose pairs are looked at.
constexpr size_t kMaxClose = 4;

// Pairs that are farther apart than this are all alike.
constexpr int kFar = 4;

// An index there and what it counts.
struct Share {
  int index = 0;
  double weight = 0;
};

double Weight(double squared_distance) {
  return std::exp(-squared_distance / (2 * kLength * kLength));
}

void Normalise(std::vector<Share>& shares) {
  double sum = 0;
  for (const Share& share : shares) sum += share.weight;
  for (Share& share : shares) share.weight /= sum;
}

// Over the closest dimensions there, the closest first, of which all distances
// count from the first's.
std::vector<Share> SharesOf(const std::vector<StructureRelation::Link>& links) {
  std::vector<Share> shares;
  for (size_t s = 0; s < links.size(); ++s) {
    const double distance = links[s].distance;
    if (!std::isfinite(distance)) continue;
    shares.push_back({static_cast<int>(s), distance * distance});
  }
  std::ranges::stable_sort(shares, {}, &Share::weight);
  shares.resize(std::min(shares.size(), kMaxClose));
  const double least = shares.front().weight;
  for (Share& share : shares) share.weight = Weight(share.weight - least);
  Normalise(shares);
  return shares;
}

using AllShares = std::vector<std::vector<Share>>;

int Gap(int first, int second) {
  return std::min(std::abs(second - first), kFar);
}

// Over the pairs there, as indices of PairIndex().
struct PairShare {
  int first = 0;  // of the pair there, for the pair's first member here
  int second = 0;
  double weight = 0;
};

std::vector<PairShare> PairSharesOf(int i, int j, const AllShares& shares) {
  std::vector<PairShare> pairs;
  double sum = 0;
  for (const Share& a : shares[i]) {
    for (const Share& b : shares[j]) {
      if (a.index == b.index) continue;
      const double stretch = Gap(i, j) - Gap(a.index, b.index);
      const double weight = a.weight * b.weight * Weight(stretch * stretch);
      pairs.push_back({a.index, b.index, weight});
      sum += weight;
    }
  }
  for (PairShare& pair : pairs) pair.weight /= sum;
  return pairs;
}

// sum += weight * levels * table, for [levels here, levels there] and a table
// over the levels there.
void AddMapped(const std::vector<double>& levels,
               const std::vector<double>& table,
               double weight,
               std::vector<double>& sum) {
  for (size_t a = 0; a < sum.size(); ++a) {
    for (size_t b = 0; b < table.size(); ++b) {
      sum[a] += weight * levels[a * table.size() + b] * table[b];
    }
  }
}

class Carrier {
 public:
  Carrier(const SourceKnowledge& knowledge,
          const EffectStructure& there,
          const EffectStructure& here,
          const StructureRelation& relation)
      : knowledge_(knowledge), there_(there), here_(here), relation_(relation) {
    for (const auto& links : relation.links) shares_.push_back(SharesOf(links));
    for (const PairTable& table : knowledge.mean.pairs) {
      tables_[{table.first, table.second}] = &table;
    }
  }

  SourceKnowledge Carry() const {
    SourceKnowledge carried;
    carried.mean = ZeroTables(here_);
    carried.mean.constant = knowledge_.mean.constant;
    const int d = static_cast<int>(here_.dimensions.size());
    for (int i = 0; i < d; ++i) CarryDimension(i, carried);
    for (int i = 0; i < d; ++i) {
      for (int j = i + 1; j < d; ++j) CarryPair(i, j, carried);
    }
    CarryGlobal(carried.mean.global);
    return carried;
  }

 private:
  void CarryDimension(int i, SourceKnowledge& carried) const {
    double factor = 0;
    for (const Share& share : shares_[i]) {
      factor += share.weight * knowledge_.dimension_factors[share.index];
      AddMapped(relation_.links[i][share.index].levels,
                knowledge_.mean.mains[share.index],
                share.weight,
                carried.mean.mains[i]);
    }
    carried.dimension_factors.push_back(factor);
  }

  void CarryPair(int i, int j, SourceKnowledge& carried) const {
    const int num_there = static_cast<int>(there_.dimensions.size());
    PairTable table{i, j, {}};
    double factor = 0;
    for (const PairShare& share : PairSharesOf(i, j, shares_)) {
      const auto ordered = std::minmax(share.first, share.second);
      factor +=
          share.weight * knowledge_.pair_factors[PairIndex(ordered, num_there)];
      auto found = tables_.find(ordered);
      if (found != tables_.end()) AddPair(share, *found->second, table);
    }
    carried.pair_factors.push_back(factor);
    if (!table.values.empty()) carried.mean.pairs.push_back(std::move(table));
  }

  void AddPair(const PairShare& share,
               const PairTable& values,
               PairTable& table) const {
    const int levels_i = here_.dimensions[table.first].num_levels;
    const int levels_j = here_.dimensions[table.second].num_levels;
    const int there_a = there_.dimensions[share.first].num_levels;
    const int there_b = there_.dimensions[share.second].num_levels;
    const auto& map_i = relation_.links[table.first][share.first].levels;
    const auto& map_j = relation_.links[table.second][share.second].levels;
    const bool turned = share.first > share.second;
    table.values.resize(static_cast<size_t>(levels_i) * levels_j, 0.0);
    for (int a = 0; a < there_a; ++a) {
      for (int b = 0; b < there_b; ++b) {
        const double value =
            share.weight *
            values.values[turned ? b * there_a + a : a * there_b + b];
        for (int k = 0; k < levels_i; ++k) {
          for (int l = 0; l < levels_j; ++l) {
            table.values[k * levels_j + l] +=
                map_i[k * there_a + a] * map_j[l * there_b + b] * value;
          }
        }
      }
    }
  }

  // The sum of all levels as a share of its range.
  void CarryGlobal(std::vector<double>& global) const {
    const std::vector<double>& source = knowledge_.mean.global;
    for (size_t s = 0; s < global.size(); ++s) {
      const double place = static_cast<double>(s) /
                           std::max<size_t>(global.size() - 1, 1) *
                           static_cast<double>(source.size() - 1);
      const auto low = static_cast<size_t>(place);
      const size_t high = std::min(low + 1, source.size() - 1);
      const double part = place - static_cast<double>(low);
      global[s] = (1 - part) * source[low] + part * source[high];
    }
  }

  const SourceKnowledge& knowledge_;
  const EffectStructure& there_;
  const EffectStructure& here_;
  const StructureRelation& relation_;
  AllShares shares_;
  std::map<std::pair<int, int>, const PairTable*> tables_;
};

}  // namespace

int StructureRelation::Closest(int dimension) const {
  return static_cast<int>(
      std::ranges::min_element(links[dimension], {}, &Link::distance) -
      links[dimension].begin());
}

SourceKnowledge CarryOver(const SourceKnowledge& knowledge,
                          const EffectStructure& there,
                          const EffectStructure& here,
                          const StructureRelation& relation) {
  return Carrier(knowledge, there, here, relation).Carry();
}

}  // namespace rankadaptor::surrogate
