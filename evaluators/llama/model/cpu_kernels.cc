#include "evaluators/llama/model/cpu_kernels.h"

#include <bit>
#include <cmath>

// Sanitizers cannot instrument the choice at program start.
#if defined(__x86_64__) && defined(__linux__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RANKADAPTOR_VECTORISED \
  __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RANKADAPTOR_VECTORISED
#endif
#define RANKADAPTOR_INLINE inline __attribute__((always_inline))

namespace rankadaptor::llama::internal {
namespace {

// exp by range reduction and a degree-6 polynomial (Cephes' coefficients);
// within 2 ulp, without branches, so that loops over it are vectorised.
RANKADAPTOR_INLINE float Exp(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float scaled = x * kLog2E;
  const auto n = static_cast<int32_t>(scaled + (scaled < 0 ? -0.5F : 0.5F));
  const auto whole = static_cast<float>(n);
  const float r = (x - whole * kLn2High) - whole * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  return p * std::bit_cast<float>((n + 127) << 23);
}

RANKADAPTOR_INLINE float Sigmoid(float x) { return 1.0F / (1.0F + Exp(-x)); }

// One head: y = x * cosine + sign * rot(x) * sine, or += with kAdd.
template <bool kAdd>
RANKADAPTOR_INLINE void RotateHead(const float* __restrict x,
                                   const float* __restrict cosine,
                                   const float* __restrict signed_sine,
                                   float sign,
                                   int64_t half,
                                   float* __restrict y) {
#pragma omp simd
  for (int64_t c = 0; c < half; ++c) {
    const float low = x[c] * cosine[c] + sign * x[c + half] * signed_sine[c];
    const float high =
        x[c + half] * cosine[c + half] + sign * x[c] * signed_sine[c + half];
    y[c] = kAdd ? y[c] + low : low;
    y[c + half] = kAdd ? y[c + half] + high : high;
  }
}

template <bool kAdd>
RANKADAPTOR_INLINE void MoveHead(const float* __restrict x,
                                 int64_t head_dim,
                                 float* __restrict y) {
#pragma omp simd
  for (int64_t c = 0; c < head_dim; ++c) y[c] = kAdd ? y[c] + x[c] : x[c];
}

// SpreadHeads with the head's half width known to the compiler, so that a head
// is a few vector instructions; 0: any width.
template <int64_t kHalf>
RANKADAPTOR_INLINE void Spread(const float* x,
                               const float* cosine,
                               const float* signed_sine,
                               const HeadShape& shape,
                               float* y) {
  const int64_t half = kHalf > 0 ? kHalf : shape.head_dim / 2;
  const int64_t d = 2 * half;
  for (int64_t t = 0; t < shape.length; ++t) {
    for (int64_t h = 0; h < shape.num_heads; ++h) {
      const float* source = x + (t * shape.num_heads + h) * d;
      for (int64_t r = 0; r < shape.repeat; ++r) {
        float* target = y + ((h * shape.repeat + r) * shape.length + t) * d;
        if (cosine == nullptr) {
          MoveHead<false>(source, d, target);
        } else {
          RotateHead<false>(
              source, cosine + t * d, signed_sine + t * d, 1.0F, half, target);
        }
      }
    }
  }
}

template <int64_t kHalf>
RANKADAPTOR_INLINE void SpreadBackward(const float* dy,
                                       const float* cosine,
                                       const float* signed_sine,
                                       const HeadShape& shape,
                                       float* dx) {
  const int64_t half = kHalf > 0 ? kHalf : shape.head_dim / 2;
  const int64_t d = 2 * half;
  for (int64_t t = 0; t < shape.length; ++t) {
    for (int64_t h = 0; h < shape.num_heads; ++h) {
      float* target = dx + (t * shape.num_heads + h) * d;
      for (int64_t c = 0; c < d; ++c) target[c] = 0;
      for (int64_t r = 0; r < shape.repeat; ++r) {
        const float* source =
            dy + ((h * shape.repeat + r) * shape.length + t) * d;
        if (cosine == nullptr) {
          MoveHead<true>(source, d, target);
        } else {
          // The inverse of a rotation turns the other way.
          RotateHead<true>(
              source, cosine + t * d, signed_sine + t * d, -1.0F, half, target);
        }
      }
    }
  }
}

// 32 well-mixed bits of a counter (two rounds of multiply and shift).
RANKADAPTOR_INLINE uint32_t Hash(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  return x ^ (x >> 16);
}

}  // namespace

RANKADAPTOR_VECTORISED
void RmsNormRows(const float* x,
                 const float* weight,
                 int64_t num_rows,
                 int64_t width,
                 float eps,
                 float* y,
                 float* scales) {
  for (int64_t row = 0; row < num_rows; ++row) {
    const float* __restrict in = x + row * width;
    float* __restrict out = y + row * width;
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t i = 0; i < width; ++i) squares += in[i] * in[i];
    const float scale =
        1.0F / std::sqrt(squares / static_cast<float>(width) + eps);
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) out[i] = in[i] * scale * weight[i];
    scales[row] = scale;
  }
}

RANKADAPTOR_VECTORISED
void RmsNormRowsBackward(const float* dy,
                         const float* x,
                         const float* weight,
                         const float* scales,
                         int64_t num_rows,
                         int64_t width,
                         float* dx,
                         float* dweight) {
  for (int64_t row = 0; row < num_rows; ++row) {
    const float* __restrict in = x + row * width;
    const float* __restrict grad = dy + row * width;
    float* __restrict out = dx + row * width;
    const float scale = scales[row];
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t i = 0; i < width; ++i) dot += grad[i] * weight[i] * in[i];
    const float pull = dot * scale * scale * scale / static_cast<float>(width);
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      out[i] = grad[i] * weight[i] * scale - in[i] * pull;
    }
    if (dweight == nullptr) continue;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) dweight[i] += grad[i] * in[i] * scale;
  }
}

RANKADAPTOR_VECTORISED
void SwiGlu(const float* __restrict gate,
            const float* __restrict up,
            int64_t count,
            float* __restrict y) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = gate[i] * Sigmoid(gate[i]) * up[i];
}

RANKADAPTOR_VECTORISED
void SwiGluBackward(const float* __restrict dy,
                    const float* __restrict gate,
                    const float* __restrict up,
                    int64_t count,
                    float* __restrict dgate,
                    float* __restrict dup) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float sigmoid = Sigmoid(gate[i]);
    dup[i] = dy[i] * gate[i] * sigmoid;
    dgate[i] = dy[i] * up[i] * sigmoid * (1.0F + gate[i] * (1.0F - sigmoid));
  }
}

RANKADAPTOR_VECTORISED
void SpreadHeads(const float* x,
                 const float* cosine,
                 const float* signed_sine,
                 const HeadShape& shape,
                 float* y) {
  switch (shape.head_dim) {
    case 8:
      return Spread<4>(x, cosine, signed_sine, shape, y);
    case 16:
      return Spread<8>(x, cosine, signed_sine, shape, y);
    case 32:
      return Spread<16>(x, cosine, signed_sine, shape, y);
    default:
      return Spread<0>(x, cosine, signed_sine, shape, y);
  }
}

RANKADAPTOR_VECTORISED
void SpreadHeadsBackward(const float* dy,
                         const float* cosine,
                         const float* signed_sine,
                         const HeadShape& shape,
                         float* dx) {
  switch (shape.head_dim) {
    case 8:
      return SpreadBackward<4>(dy, cosine, signed_sine, shape, dx);
    case 16:
      return SpreadBackward<8>(dy, cosine, signed_sine, shape, dx);
    case 32:
      return SpreadBackward<16>(dy, cosine, signed_sine, shape, dx);
    default:
      return SpreadBackward<0>(dy, cosine, signed_sine, shape, dx);
  }
}

RANKADAPTOR_VECTORISED
void FillKeepMask(
    uint64_t seed, double keep, int64_t begin, int64_t end, float* mask) {
  const auto low = static_cast<uint32_t>(seed);
  const auto high = static_cast<uint32_t>(seed >> 32);
  const auto limit = static_cast<uint32_t>(keep * 0x1p32 - 0.5);
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) {
    const uint32_t bits = Hash(Hash(static_cast<uint32_t>(i) + low) ^ high);
    mask[i] = bits <= limit ? 1.0F : 0.0F;
  }
}

}  // namespace rankadaptor::llama::internal
