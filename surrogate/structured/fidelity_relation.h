// How evaluations of several fidelities hang together: what is measured at
// level l (0: in full, 1, 2, ...: shorter and shorter) is
//
//   amplitude^l * u_l(x) + offset_l + noise of variance noise_ratio^l * noise,
//   u_0 = f,  u_l = correlation * u_(l-1) + sqrt(1 - correlation^2) * g_l,
//
// f and all g_l drawn from the model's prior, so that the covariance of two
// measurements is that of the rows times B(l, m) = amplitude^(l+m) *
// correlation^|l-m| (the intrinsic model of coregionalisation; Kennedy and
// O'Hagan 2000 for the chain), and B(0, l) is what a short measurement says of
// a full one.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_FIDELITY_RELATION_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_FIDELITY_RELATION_H_

namespace rankadaptor::surrogate {

struct FidelityRelation {
  double correlation = 0.85;
  double amplitude = 1;
  double noise_ratio = 1.5;

  // B.
  double Factor(int level_a, int level_b) const;
  // Covariance of the two offsets, in units of the standardised scores'
  // variance: wide, because the levels' means may have nothing in common.
  static double Offset(int level_a, int level_b);
  double NoiseRatio(int level) const;

  // Minus the logarithm of the prior density: short evaluations say much, of
  // about the same size, with more noise.
  double Penalty() const;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_FIDELITY_RELATION_H_
