#include "evaluators/llama/generation/next_token.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace rankadaptor::llama::internal {
namespace {

// Tokens by falling logit, the lower id first among equals.
std::vector<int32_t> LikeliestTokens(std::span<const float> logits,
                                     int64_t top_k) {
  std::vector<int32_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), 0);
  auto by_logit = [&](int32_t a, int32_t b) {
    const float x = logits[static_cast<size_t>(a)];
    const float y = logits[static_cast<size_t>(b)];
    return x > y || (x == y && a < b);
  };
  const int64_t count =
      top_k == 0 ? std::ssize(tokens) : std::min(top_k, std::ssize(tokens));
  std::partial_sort(
      tokens.begin(), tokens.begin() + count, tokens.end(), by_logit);
  tokens.resize(static_cast<size_t>(count));
  return tokens;
}

// Probabilities of `tokens` among themselves.
std::vector<double> Probabilities(std::span<const float> logits,
                                  const std::vector<int32_t>& tokens,
                                  double temperature) {
  std::vector<double> values;
  const double top = logits[static_cast<size_t>(tokens[0])];
  double sum = 0;
  for (int32_t token : tokens) {
    values.push_back(
        std::exp((logits[static_cast<size_t>(token)] - top) / temperature));
    sum += values.back();
  }
  for (double& value : values) value /= sum;
  return values;
}

}  // namespace

int32_t NextToken(std::span<const float> logits,
                  const GenerationOptions& options,
                  RandomStream& stream) {
  if (options.temperature == 0) {
    return static_cast<int32_t>(std::ranges::max_element(logits) -
                                logits.begin());
  }
  const std::vector<int32_t> tokens = LikeliestTokens(logits, options.top_k);
  const std::vector<double> probabilities =
      Probabilities(logits, tokens, options.temperature);
  size_t count = 0;
  double mass = 0;
  while (count < tokens.size() && (count == 0 || mass < options.top_p)) {
    mass += probabilities[count++];
  }
  double left = stream.UniformReal(0, 1) * mass;
  for (size_t i = 0; i + 1 < count; ++i) {
    left -= probabilities[i];
    if (left < 0) return tokens[i];
  }
  return tokens[count - 1];
}

}  // namespace rankadaptor::llama::internal
