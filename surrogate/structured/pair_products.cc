#include "surrogate/structured/pair_products.h"

#include <algorithm>

namespace rankadaptor::surrogate {
namespace {

// Four neighbouring entries as the compiler's vector type.
typedef double Four
    __attribute__((vector_size(4 * sizeof(double)), aligned(8), __may_alias__));
constexpr size_t kLanes = 4;

const Four& At(const double* values) {
  return *reinterpret_cast<const Four*>(values);
}

// Partners whose sums stay in registers together.
constexpr size_t kTogether = 8;

struct Kernels {
  void (*one_by_one)(const PairedValues&, const double*, double*);
  void (*together)(const PairedValues&, const double*, double*);
  void (*dots)(const PairedValues&, const double*, double*);
};

// What does not fill a vector.
void TailOneByOne(const PairedValues& pairs,
                  const double* factors,
                  size_t t,
                  double* sums) {
  for (; t < pairs.num_entries; ++t) {
    for (size_t p = 0; p < pairs.partners.size(); ++p) {
      sums[t] += factors[p] * pairs.own()[t] * pairs.of(pairs.partners[p])[t];
    }
  }
}

void TailTogether(const PairedValues& pairs,
                  const double* factors,
                  size_t t,
                  double* sums) {
  for (; t < pairs.num_entries; ++t) {
    double sum = 0;
    for (size_t p = 0; p < pairs.partners.size(); ++p) {
      sum += factors[p] * pairs.of(pairs.partners[p])[t];
    }
    sums[t] += pairs.own()[t] * sum;
  }
}

// The four lanes' sums, and a rest that does not fill them: its first two
// entries belong to the first two lanes, which is how a sum by vectors of two
// goes on.
double Total(const PairedValues& pairs,
             const double* weights,
             const double* partner,
             const double* lanes) {
  size_t t = pairs.num_entries / kLanes * kLanes;
  double even = lanes[0] + lanes[2];
  double odd = lanes[1] + lanes[3];
  auto term = [&](size_t at) {
    return pairs.own()[at] * weights[at] * partner[at];
  };
  if (t + 2 <= pairs.num_entries) {
    even += term(t);
    odd += term(t + 1);
    t += 2;
  }
  double total = even + odd;
  if (t < pairs.num_entries) total += term(t);
  return total;
}

// The same functions for a processor. A macro, because GCC splits wide vectors
// before it inlines a function into one for a wider processor.
#define RA_DEFINE_PAIR_PRODUCTS(name, attribute)                              \
  struct name {                                                               \
    attribute static void OneByOne(const PairedValues& pairs,                 \
                                   const double* factors,                     \
                                   double* sums) {                            \
      size_t t = 0;                                                           \
      for (; t + 2 * kLanes <= pairs.num_entries; t += 2 * kLanes) {          \
        const Four own_0 = At(pairs.own() + t);                               \
        const Four own_1 = At(pairs.own() + t + kLanes);                      \
        Four sum_0 = At(sums + t);                                            \
        Four sum_1 = At(sums + t + kLanes);                                   \
        for (size_t p = 0; p < pairs.partners.size(); ++p) {                  \
          const double* partner = pairs.of(pairs.partners[p]) + t;            \
          sum_0 += factors[p] * own_0 * At(partner);                          \
          sum_1 += factors[p] * own_1 * At(partner + kLanes);                 \
        }                                                                     \
        *reinterpret_cast<Four*>(sums + t) = sum_0;                           \
        *reinterpret_cast<Four*>(sums + t + kLanes) = sum_1;                  \
      }                                                                       \
      TailOneByOne(pairs, factors, t, sums);                                  \
    }                                                                         \
                                                                              \
    attribute static void Together(const PairedValues& pairs,                 \
                                   const double* factors,                     \
                                   double* sums) {                            \
      size_t t = 0;                                                           \
      for (; t + 4 * kLanes <= pairs.num_entries; t += 4 * kLanes) {          \
        Four sum[4] = {};                                                     \
        for (size_t p = 0; p < pairs.partners.size(); ++p) {                  \
          const double* partner = pairs.of(pairs.partners[p]) + t;            \
          for (size_t k = 0; k < 4; ++k) {                                    \
            sum[k] += factors[p] * At(partner + k * kLanes);                  \
          }                                                                   \
        }                                                                     \
        for (size_t k = 0; k < 4; ++k) {                                      \
          const size_t at = t + k * kLanes;                                   \
          *reinterpret_cast<Four*>(sums + at) =                               \
              At(sums + at) + At(pairs.own() + at) * sum[k];                  \
        }                                                                     \
      }                                                                       \
      TailTogether(pairs, factors, t, sums);                                  \
    }                                                                         \
                                                                              \
    attribute static void Dots(const PairedValues& pairs,                     \
                               const double* weights,                         \
                               double* dots) {                                \
      for (size_t p = 0; p < pairs.partners.size(); p += kTogether) {         \
        const size_t count = std::min(kTogether, pairs.partners.size() - p);  \
        const double* partners[kTogether];                                    \
        for (size_t k = 0; k < kTogether; ++k) {                              \
          partners[k] = pairs.of(pairs.partners[p + std::min(k, count - 1)]); \
        }                                                                     \
        Four lanes[kTogether] = {};                                           \
        for (size_t t = 0; t + kLanes <= pairs.num_entries; t += kLanes) {    \
          const Four weighted = At(pairs.own() + t) * At(weights + t);        \
          for (size_t k = 0; k < kTogether; ++k) {                            \
            lanes[k] += weighted * At(partners[k] + t);                       \
          }                                                                   \
        }                                                                     \
        for (size_t k = 0; k < count; ++k) {                                  \
          dots[p + k] += Total(pairs,                                         \
                               weights,                                       \
                               partners[k],                                   \
                               reinterpret_cast<const double*>(&lanes[k]));   \
        }                                                                     \
      }                                                                       \
    }                                                                         \
  };

RA_DEFINE_PAIR_PRODUCTS(Baseline, )

constexpr Kernels kBaseline = {
    Baseline::OneByOne, Baseline::Together, Baseline::Dots};

#if defined(__x86_64__)
RA_DEFINE_PAIR_PRODUCTS(Avx2, __attribute__((target("avx2"))))

Kernels Choose() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2")) return kBaseline;
  return {Avx2::OneByOne, Avx2::Together, Avx2::Dots};
}
#else
Kernels Choose() { return kBaseline; }
#endif

const Kernels& TheKernels() {
  static const Kernels kernels = Choose();
  return kernels;
}

}  // namespace

void AddPairsOneByOne(const PairedValues& pairs,
                      const double* factors,
                      double* sums) {
  TheKernels().one_by_one(pairs, factors, sums);
}

void AddPairsTogether(const PairedValues& pairs,
                      const double* factors,
                      double* sums) {
  TheKernels().together(pairs, factors, sums);
}

void AddPairDots(const PairedValues& pairs,
                 const double* weights,
                 double* dots) {
  TheKernels().dots(pairs, weights, dots);
}

}  // namespace rankadaptor::surrogate
