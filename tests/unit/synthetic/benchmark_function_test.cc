#include "rankadaptor/synthetic/benchmark_function.h"

#include <bit>
#include <string>

#include <gmock/gmock.h>

namespace rankadaptor::synthetic {
namespace {

using testing::HasSubstr;

// Check sums over the calibration points of instance 4, made by an independent
// implementation of the same definition.
struct CheckValue {
  const char* family;
  int num_layers;
  int task;
  uint64_t bits;  // fold of rotate-left(1) and xor over the values' bits
  double mean;
};

constexpr CheckValue kCheckValues[] = {
    {"add", 26, 0, 0xe0c5fed7d9678c4b, 6.2422585852327028},
    {"add", 32, 0, 0x8173cc5037d4853b, 7.6520884137773857},
    {"pair", 26, 0, 0xd5e92fbc41a47c67, 2.3667757313512277},
    {"pair", 32, 0, 0xaf88ece2b01372d9, 5.2125504457284171},
    {"nk", 26, 0, 0x4e9b68efa62f3aab, 0.49582122875313694},
    {"nk", 32, 0, 0xa6474e468cc4da34, 0.49720819791783483},
    {"nk1", 26, 0, 0xec488e80cf9f2876, 0.50141335645342822},
    {"nk1", 32, 0, 0x0d6bf1591a781d12, 0.49741783876677681},
    {"xfer", 26, 0, 0x65d41a5ad7af71f7, 5.1570292746885782},
    {"xfer", 26, 3, 0x5dd8db509148403f, 4.505309223206452},
    {"xfer", 32, 0, 0x1cc5e2f07977482b, 7.1364332652971809},
    {"xfer", 32, 3, 0x9b2c030e3732ce0c, 12.970610622931851},
};

class BenchmarkFunctionTest : public testing::TestWithParam<CheckValue> {};

TEST_P(BenchmarkFunctionTest, ValuesAreThoseOfTheDefinitionBitForBit) {
  const CheckValue& check = GetParam();
  BenchmarkProblem problem;
  problem.family = ParseBenchmarkFamily(check.family).value();
  problem.num_layers = check.num_layers;
  problem.task = check.task;
  problem.instance = 4;
  auto function = BenchmarkFunction::Create(problem).value();
  uint64_t bits = 0;
  double sum = 0;
  for (const auto& levels : function.CalibrationPoints()) {
    const double value = function.Value(levels);
    bits = std::rotl(bits, 1) ^ std::bit_cast<uint64_t>(value);
    sum += value;
  }
  EXPECT_EQ(bits, check.bits);
  EXPECT_EQ(sum / 2000, check.mean);
}

INSTANTIATE_TEST_SUITE_P(All,
                         BenchmarkFunctionTest,
                         testing::ValuesIn(kCheckValues),
                         [](const auto& info) {
                           return std::string(info.param.family) + "_" +
                                  std::to_string(info.param.num_layers) +
                                  "_task" + std::to_string(info.param.task);
                         });

// Best known optimum and moments of random points of instance 0.
TEST(BenchmarkFunction, KnownOptimumHasItsKnownValue) {
  BenchmarkProblem problem{.family = BenchmarkFamily::kAdd};
  auto function = BenchmarkFunction::Create(problem).value();
  EXPECT_EQ(function.Value(std::vector<int32_t>{2, 1, 1, 2, 1, 1, 2, 4, 3,
                                                1, 1, 3, 3, 1, 4, 1, 2, 2,
                                                4, 4, 2, 1, 5, 2, 4, 1}),
            6.462445799619859);
  EXPECT_EQ(function.CalibrationMoments().mean, 4.41951072197354);
  EXPECT_EQ(function.CalibrationMoments().standard_deviation,
            0.7403842296680103);
}

TEST(BenchmarkFunction, SourceDataIsNoisyAroundItsTask) {
  BenchmarkProblem problem{.family = BenchmarkFamily::kXfer, .task = 2};
  auto function = BenchmarkFunction::Create(problem).value();
  SourceData data = MakeSourceData(problem).value();
  ASSERT_EQ(data.values.size(), 200);
  double squares = 0;
  for (size_t i = 0; i < data.values.size(); ++i) {
    double noise = data.values[i] - function.Value(data.levels[i]);
    squares += noise * noise;
  }
  const double spread = function.CalibrationMoments().standard_deviation;
  EXPECT_NEAR(std::sqrt(squares / 200) / spread, 0.5, 0.1);
}

TEST(BenchmarkFunction, RefusesWhatIsNotDefined) {
  auto error = [](BenchmarkProblem problem) {
    return BenchmarkFunction::Create(problem).error().message;
  };
  EXPECT_THAT(error({.num_layers = 2}), HasSubstr("num_layers = 2"));
  EXPECT_THAT(error({.task = 1}), HasSubstr("task = 1 is not in [0, 0]"));
  EXPECT_THAT(error({.family = BenchmarkFamily::kXfer, .task = 9}),
              HasSubstr("[0, 8]"));
  EXPECT_FALSE(ParseBenchmarkFamily("sphere"));
  EXPECT_FALSE(MakeSourceData({.family = BenchmarkFamily::kXfer}));
}

}  // namespace
}  // namespace rankadaptor::synthetic
