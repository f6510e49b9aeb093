// The variances of the structured model's components, and the parameters from
// which they follow. A few shared parameters say how much each kind of effect
// matters; each dimension and each pair has a factor of its own beside them,
// which is how the model learns which dimensions matter and which pairs
// interact:
//
//   main_i     = exp(main + u_i)
//   category_i = exp(category + u_i)
//   pair_ij    = (exp(anywhere) + exp(close) exp(-(|i - j| - 1) / 2)
//                 + exp(adjacent) [|i - j| = 1])
//                * exp(v_ij + 0.7 (u_i + u_j))
//
// Whether near dimensions interact more than others is thus learned as well;
// that a pair of important dimensions is the likelier one is assumed.
//
// The parameters have independent normal priors.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_VARIANCES_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_VARIANCES_H_

#include <span>
#include <utility>
#include <vector>

#include "rankadaptor/surrogate/effect_tables.h"
#include "rankadaptor/surrogate/structured_model.h"

namespace rankadaptor::surrogate {

// Dimension indices, first < second.
using DimensionPair = std::pair<int, int>;

// All in units of the standardised scores' variance.
struct Variances {
  std::vector<double> main;      // [num_dimensions]
  std::vector<double> category;  // [num_dimensions]
  std::vector<double> pairs;     // [num_pairs]
  double global = 0;
  double residual = 0;
  double source = 0;
  double noise = 0;
};

// The order of the parameters: these, then u, then v.
enum SharedParameter {
  kMain,
  kCategory,
  kAdjacent,
  kClose,
  kAnywhere,
  kGlobal,
  kResidual,
  kSource,
  kNoise,
  kNumShared,
};

// What is known of the dimensions and pairs before: prior means of u and v.
struct FactorPriors {
  std::vector<double> dimensions;  // [num_dimensions], empty: zeros
  std::vector<double> pairs;       // [all pairs (0,1), (0,2), ...] or empty
};

class VarianceParameters {
 public:
  VarianceParameters(const EffectStructure& structure,
                     std::vector<DimensionPair> pairs,
                     const FactorPriors& priors,
                     const StructuredModelOptions& options);

  int size() const { return static_cast<int>(means_.size()); }
  const std::vector<DimensionPair>& pairs() const { return pairs_; }
  const std::vector<double>& prior_means() const { return means_; }
  const std::vector<double>& prior_deviations() const { return deviations_; }

  Variances ToVariances(std::span<const double> parameters) const;

  // The chain rule: from the derivatives by the variances (in the form of
  // Variances) to those by the parameters.
  std::vector<double> Chain(std::span<const double> parameters,
                            const Variances& derivatives) const;

 private:
  int num_dimensions_;
  std::vector<DimensionPair> pairs_;
  std::vector<double> means_;
  std::vector<double> deviations_;
};

// Position of (first, second) in the order (0,1), (0,2), ..., (1,2), ...
size_t PairIndex(DimensionPair pair, int num_dimensions);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_VARIANCES_H_
