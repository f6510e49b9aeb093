#include "evaluators/llama/generation/next_token.h"

#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace rankadaptor::llama::internal {
namespace {

// Probabilities 0.4, 0.3, 0.2, 0.1 in this order of tokens: 2, 0, 3, 1.
const std::vector<float> kLogits = {
    std::log(0.3F), std::log(0.1F), std::log(0.4F), std::log(0.2F)};

std::map<int32_t, double> Frequencies(const GenerationOptions& options) {
  constexpr int kDraws = 20000;
  RandomStream stream(5, "test");
  std::map<int32_t, double> frequencies;
  for (int i = 0; i < kDraws; ++i) {
    frequencies[NextToken(kLogits, options, stream)] += 1.0 / kDraws;
  }
  return frequencies;
}

TEST(NextToken, IsTheLikeliestFirstOneWithoutTemperature) {
  RandomStream stream(1, "test");
  EXPECT_EQ(NextToken(kLogits, {}, stream), 2);
  EXPECT_EQ(NextToken(std::vector<float>{1, 3, 3}, {}, stream), 1);
}

TEST(NextToken, FollowsTheProbabilities) {
  auto frequencies = Frequencies({.temperature = 1});
  EXPECT_NEAR(frequencies[2], 0.4, 0.02);
  EXPECT_NEAR(frequencies[0], 0.3, 0.02);
  EXPECT_NEAR(frequencies[3], 0.2, 0.02);
  EXPECT_NEAR(frequencies[1], 0.1, 0.02);
}

TEST(NextToken, TemperatureSharpensAndFlattens) {
  // Squares: 16, 9, 4, 1 of 30.
  auto frequencies = Frequencies({.temperature = 0.5});
  EXPECT_NEAR(frequencies[2], 16.0 / 30, 0.02);
  EXPECT_NEAR(frequencies[1], 1.0 / 30, 0.02);
}

TEST(NextToken, TopKKeepsTheLikeliest) {
  auto frequencies = Frequencies({.temperature = 1, .top_k = 2});
  EXPECT_EQ(frequencies.size(), 2U);
  EXPECT_NEAR(frequencies[2], 4.0 / 7, 0.02);
  EXPECT_NEAR(frequencies[0], 3.0 / 7, 0.02);
}

TEST(NextToken, TopPKeepsTheFewestThatReachIt) {
  EXPECT_EQ(Frequencies({.temperature = 1, .top_p = 0.39}).size(), 1U);
  EXPECT_EQ(Frequencies({.temperature = 1, .top_p = 0.65}).size(), 2U);
  // Of the top 2 alone, 4/7 and 3/7.
  EXPECT_EQ(Frequencies({.temperature = 1, .top_k = 2, .top_p = 0.5}).size(),
            1U);
}

}  // namespace
}  // namespace rankadaptor::llama::internal
