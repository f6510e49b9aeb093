// Brings scores of any unit to about zero mean and unit variance, whatever
// their size (1e-300 to 1e300) and in spite of outliers: scores far outside the
// bulk are drawn in logarithmically, which keeps their order. Constant scores
// become zeros.
//
// Thread-safety: immutable.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_SCORE_SCALE_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_SCORE_SCALE_H_

#include <span>

namespace rankadaptor::surrogate {

class ScoreScale {
 public:
  ScoreScale() = default;
  // Requires finite scores.
  explicit ScoreScale(std::span<const double> scores);

  double Standardise(double score) const;
  // The inverse, but for rounding; finite.
  double Restore(double standardised) const;

 private:
  double half_centre_ = 0;  // halves, so that differences do not overflow
  double half_scale_ = 0.5;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_SCORE_SCALE_H_
