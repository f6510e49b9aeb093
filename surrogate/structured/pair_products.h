// Sums of products of the kernel values of two dimensions, over many entries:
// the inner loops of the structured model, in wide vectors where the processor
// has them. Every product is rounded before it is added and every sum has a
// fixed order, so that results are the same on every processor.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_PAIR_PRODUCTS_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_PAIR_PRODUCTS_H_

#include <cstddef>
#include <span>

namespace rankadaptor::surrogate {

// One dimension and those that it is paired with. All are borrowed.
struct PairedValues {
  const double* values = nullptr;  // [num_dimensions, num_entries], row-major
  size_t num_entries = 0;
  int dimension = 0;
  std::span<const int> partners;

  const double* own() const { return of(dimension); }
  const double* of(int i) const {
    return values + static_cast<size_t>(i) * num_entries;
  }
};

// sums[t] += (factors[p] * own[t]) * partner_p[t], one p after the other.
void AddPairsOneByOne(const PairedValues& pairs,
                      const double* factors,
                      double* sums);

// sums[t] += own[t] * sum_p factors[p] * partner_p[t].
void AddPairsTogether(const PairedValues& pairs,
                      const double* factors,
                      double* sums);

// dots[p] += sum_t own[t] * weights[t] * partner_p[t].
void AddPairDots(const PairedValues& pairs,
                 const double* weights,
                 double* dots);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_PAIR_PRODUCTS_H_
