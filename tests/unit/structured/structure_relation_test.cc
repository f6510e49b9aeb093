#include "rankadaptor/surrogate/structure_relation.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "tests/unit/structured/random_rows.h"

namespace rankadaptor::surrogate {
namespace {

using ::rankadaptor::testing::RandomRows;
using ::rankadaptor::testing::RowAt;
using ::rankadaptor::testing::SixLevels;

// Dimensions at even places of [0, 1], levels that mean the same.
StructureRelation ByPlace(int there, int here, int num_levels) {
  StructureRelation relation;
  std::vector<double> identity(num_levels * num_levels, 0.0);
  for (int a = 0; a < num_levels; ++a) identity[a * num_levels + a] = 1;
  for (int i = 0; i < here; ++i) {
    auto& links = relation.links.emplace_back();
    for (int s = 0; s < there; ++s) {
      const double apart = i / (here - 1.0) - s / (there - 1.0);
      links.push_back({std::abs(apart) * (there - 1), identity});
    }
  }
  return relation;
}

// Effects and neighbours' products that change smoothly over the dimensions.
double Smooth(std::span<const int32_t> row) {
  const auto last = static_cast<double>(row.size() - 1);
  double sum = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    const double place = static_cast<double>(i) / last;
    const double z = row[i] / 2.5 - 1;
    sum += (2 * place - 1) * z;
    if (i > 0) sum += z * (row[i - 1] / 2.5 - 1);
  }
  return sum;
}

SourceKnowledge LearnSmooth(const EffectStructure& structure, int num_rows) {
  StudyRows study{.rows = RandomRows(structure, num_rows, 1), .scores = {}};
  const size_t d = structure.dimensions.size();
  for (int r = 0; r < num_rows; ++r) {
    study.scores.push_back(Smooth(RowAt(study.rows, d, r)));
  }
  return LearnTogether(structure, std::span(&study, 1));
}

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (size_t k = 0; k < a.size(); ++k) {
    sa += a[k];
    sb += b[k];
    saa += a[k] * a[k];
    sbb += b[k] * b[k];
    sab += a[k] * b[k];
  }
  return (sab - sa * sb / n) /
         std::sqrt((saa - sa * sa / n) * (sbb - sb * sb / n));
}

TEST(CarryOver, ToTheSameDimensionsChangesLittle) {
  const EffectStructure structure = SixLevels(8);
  const SourceKnowledge knowledge = LearnSmooth(structure, 150);
  const SourceKnowledge carried =
      CarryOver(knowledge, structure, structure, ByPlace(8, 8, 6));
  std::vector<double> before;
  std::vector<double> after;
  const std::vector<int32_t> rows = RandomRows(structure, 200, 2);
  for (size_t r = 0; r < 200; ++r) {
    before.push_back(Evaluate(knowledge.mean, structure, RowAt(rows, 8, r)));
    after.push_back(Evaluate(carried.mean, structure, RowAt(rows, 8, r)));
  }
  EXPECT_GT(Correlation(before, after), 0.95);
  EXPECT_EQ(carried.dimension_factors.size(), 8u);
  EXPECT_EQ(carried.pair_factors.size(), 28u);
}

// Each way: the effects of depth, and that it is neighbours that interact.
TEST(CarryOver, PredictsASpaceOfAnotherSize) {
  for (auto [there, here] : {std::pair(12, 9), std::pair(9, 12)}) {
    const EffectStructure from = SixLevels(there);
    const EffectStructure to = SixLevels(here);
    const SourceKnowledge carried =
        CarryOver(LearnSmooth(from, 300), from, to, ByPlace(there, here, 6));
    const std::vector<int32_t> rows = RandomRows(to, 200, 2);
    std::vector<double> truth;
    std::vector<double> predicted;
    for (size_t r = 0; r < 200; ++r) {
      const auto row = RowAt(rows, static_cast<size_t>(here), r);
      truth.push_back(Smooth(row));
      predicted.push_back(Evaluate(carried.mean, to, row));
    }
    EXPECT_GT(Correlation(truth, predicted), 0.85) << there << " to " << here;
  }
}

// Everything but the first dimension there is out of reach.
TEST(CarryOver, OneDimensionForAllHasNoPairs) {
  StructureRelation relation = ByPlace(4, 3, 6);
  for (auto& links : relation.links) {
    for (size_t s = 1; s < links.size(); ++s) {
      links[s].distance = std::numeric_limits<double>::infinity();
    }
  }
  const EffectStructure from = SixLevels(4);
  const SourceKnowledge knowledge = LearnSmooth(from, 60);
  const SourceKnowledge carried =
      CarryOver(knowledge, from, SixLevels(3), relation);
  EXPECT_TRUE(carried.mean.pairs.empty());
  for (const auto& main : carried.mean.mains) {
    EXPECT_EQ(main, knowledge.mean.mains[0]);
  }
}

// What one study with all rows would teach, whatever the units.
TEST(LearnTogether, StudiesOfOtherUnitsAreOne) {
  const EffectStructure structure = SixLevels(5);
  const std::vector<int32_t> rows = RandomRows(structure, 120, 1);
  std::vector<StudyRows> studies(3);
  for (int r = 0; r < 120; ++r) {
    const auto row = RowAt(rows, 5, static_cast<size_t>(r));
    StudyRows& study = studies[r / 40];
    study.rows.insert(study.rows.end(), row.begin(), row.end());
    study.scores.push_back((r < 40 ? 1e-6 : 1e9) * Smooth(row) + r / 40);
  }
  const SourceKnowledge knowledge = LearnTogether(structure, studies);
  const std::vector<int32_t> others = RandomRows(structure, 200, 2);
  std::vector<double> truth;
  std::vector<double> predicted;
  for (size_t r = 0; r < 200; ++r) {
    truth.push_back(Smooth(RowAt(others, 5, r)));
    predicted.push_back(
        Evaluate(knowledge.mean, structure, RowAt(others, 5, r)));
  }
  EXPECT_GT(Correlation(truth, predicted), 0.9);
}

}  // namespace
}  // namespace rankadaptor::surrogate
