#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/pruning.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;
using ::testing::SizeIs;

LlamaConfig TinyConfig() {
  LlamaConfig config;
  config.vocab_size = 11;
  config.hidden_size = 6;
  config.head_dim = 2;
  config.layers = {{4, 2, 3}};
  return config;
}

TokenWindows Windows(int num_windows, int length, int64_t vocab_size) {
  RandomStream random(3);
  TokenWindows windows(num_windows);
  for (auto& window : windows) {
    for (int i = 0; i < length; ++i) {
      window.push_back(
          static_cast<int32_t>(random.UniformInt(0, vocab_size - 1)));
    }
  }
  return windows;
}

WidthPruneOptions Everything(const LlamaConfig& config) {
  WidthPruneOptions options;
  options.attention_layers = options.mlp_layers = {0, config.num_layers()};
  return options;
}

double MeanLoss(const Model& model, const TokenWindows& windows) {
  double sum = 0;
  int64_t count = 0;
  for (const auto& window : windows) {
    const std::vector<float> nlls = model.TokenNlls(window).value();
    for (float nll : nlls) {
      sum += nll;
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

// |w * dL/dw| of single weights of layer 0 by central differences.
class FiniteDifferences {
 public:
  FiniteDifferences(const Model& model, const TokenWindows& windows)
      : model_(model), windows_(windows) {}

  // Summed over one row or column of a projection.
  double Sum(Projection projection, int64_t axis, int64_t index) const {
    const at::Tensor& weight =
        model_.transformer().weights().layers[0][projection];
    double sum = 0;
    for (int64_t i = 0; i < weight.size(1 - axis); ++i) {
      sum += axis == 0 ? Saliency(projection, index, i)
                       : Saliency(projection, i, index);
    }
    return sum;
  }

 private:
  double Saliency(Projection projection, int64_t row, int64_t column) const {
    // Large enough for fp32 losses, small enough for the cubic term.
    constexpr double kStep = 0.02;
    const double slope = (LossWith(projection, row, column, kStep) -
                          LossWith(projection, row, column, -kStep)) /
                         (2 * kStep);
    return std::abs(slope * model_.transformer()
                                .weights()
                                .layers[0][projection][row][column]
                                .item<double>());
  }
  double LossWith(Projection projection,
                  int64_t row,
                  int64_t column,
                  double change) const {
    internal::Weights weights = model_.transformer().weights();
    at::Tensor& weight = weights.layers[0][projection];
    weight = weight.clone();
    weight[row][column] += change;
    return MeanLoss(Model(std::make_shared<const internal::Transformer>(
                        model_.config(), std::move(weights))),
                    windows_);
  }

  const Model& model_;
  const TokenWindows& windows_;
};

class ImportanceTest : public ::testing::Test {
 protected:
  Importance Compute() {
    return ComputeImportance(model_, windows_, Everything(model_.config()))
        .value();
  }
  const Model model_ = RandomModel(TinyConfig(), 5);
  const TokenWindows windows_ = Windows(3, 7, 11);
};

TEST_F(ImportanceTest, LossIsTheMeanOverAllPositions) {
  EXPECT_NEAR(Compute().loss, MeanLoss(model_, windows_), 1e-5);
}

TEST_F(ImportanceTest, MlpChannelAgreesWithFiniteDifferences) {
  FiniteDifferences differences(model_, windows_);
  Importance importance = Compute();
  for (int64_t channel = 0; channel < 3; ++channel) {
    const double expected = differences.Sum(Projection::kGate, 0, channel) +
                            differences.Sum(Projection::kUp, 0, channel) +
                            differences.Sum(Projection::kDown, 1, channel);
    EXPECT_NEAR(
        importance.layers[0].mlp_channels[channel], expected, 0.01 * expected);
  }
}

TEST_F(ImportanceTest, KvHeadAgreesWithFiniteDifferencesOverItsQueryHeads) {
  FiniteDifferences differences(model_, windows_);
  Importance importance = Compute();
  for (int64_t head = 0; head < 2; ++head) {
    double expected = 0;
    for (int64_t i = 2 * head; i < 2 * head + 2; ++i) {
      expected += differences.Sum(Projection::kK, 0, i) +
                  differences.Sum(Projection::kV, 0, i);
    }
    // Two query heads of two channels for each KV head.
    for (int64_t i = 4 * head; i < 4 * head + 4; ++i) {
      expected += differences.Sum(Projection::kQ, 0, i) +
                  differences.Sum(Projection::kO, 1, i);
    }
    EXPECT_NEAR(importance.layers[0].kv_heads[head], expected, 0.01 * expected);
  }
}

TEST_F(ImportanceTest, TiledFoldGivesOtherHeadsTheSameTotal) {
  WidthPruneOptions options = Everything(model_.config());
  const LayerImportance consecutive = Compute().layers[0];
  options.gqa_fold = graph::Fold::kTiled;
  const LayerImportance tiled =
      ComputeImportance(model_, windows_, options).value().layers[0];
  EXPECT_EQ(tiled.mlp_channels, consecutive.mlp_channels);
  EXPECT_GT(std::abs(tiled.kv_heads[0] - consecutive.kv_heads[0]), 1e-4);
  EXPECT_NEAR(tiled.kv_heads[0] + tiled.kv_heads[1],
              consecutive.kv_heads[0] + consecutive.kv_heads[1],
              1e-9);
}

TEST_F(ImportanceTest, ModelIsLeftAsItWas) {
  const std::vector<float> before = model_.Logits(windows_[0]).value();
  Compute();
  EXPECT_EQ(model_.Logits(windows_[0]).value(), before);
  for (const at::Tensor& weight :
       model_.transformer().weights().layers[0].projections) {
    EXPECT_FALSE(weight.requires_grad());
    EXPECT_FALSE(weight.grad().defined());
  }
}

TEST_F(ImportanceTest, CallerWithoutGradientsGetsTheSame) {
  const std::vector<double> expected = Compute().layers[0].mlp_channels;
  c10::NoGradGuard no_gradients;
  EXPECT_EQ(Compute().layers[0].mlp_channels, expected);
}

TEST(ComputeImportance, LayersOutOfRangeHaveNoScores) {
  LlamaConfig config = SmallConfig();
  WidthPruneOptions options;
  options.attention_layers = {0, 1};
  options.mlp_layers = {1, 3};
  Importance importance =
      ComputeImportance(RandomModel(config, 1), Windows(2, 5, 32), options)
          .value();
  ASSERT_THAT(importance.layers, SizeIs(3));
  EXPECT_THAT(importance.layers[0].kv_channels, SizeIs(8));
  EXPECT_THAT(importance.layers[0].kv_heads, SizeIs(2));
  EXPECT_THAT(importance.layers[0].mlp_channels, IsEmpty());
  EXPECT_THAT(importance.layers[1].kv_heads, IsEmpty());
  EXPECT_THAT(importance.layers[1].mlp_channels, SizeIs(16));
  EXPECT_THAT(importance.layers[2].mlp_channels, SizeIs(8));
}

TEST(ComputeImportance, RangeDoesNotChangeTheScores) {
  Model model = RandomModel(SmallConfig(), 1);
  TokenWindows windows = Windows(2, 5, 32);
  WidthPruneOptions last;
  last.mlp_layers = {2, 3};
  EXPECT_THAT(
      ComputeImportance(model, windows, last)->layers[2].mlp_channels,
      Pointwise(DoubleNear(1e-6),
                ComputeImportance(model, windows, Everything(SmallConfig()))
                    ->layers[2]
                    .mlp_channels));
}

TEST(ComputeImportance, ManyWindowsAreAveraged) {
  // More than go through the model at once: the same ten windows four times.
  Model model = RandomModel(SmallConfig(), 1);
  WidthPruneOptions options = Everything(SmallConfig());
  TokenWindows once = Windows(10, 5, 32);
  TokenWindows repeated;
  for (int i = 0; i < 4; ++i) {
    repeated.insert(repeated.end(), once.begin(), once.end());
  }
  Importance expected = ComputeImportance(model, once, options).value();
  Importance actual = ComputeImportance(model, repeated, options).value();
  EXPECT_NEAR(actual.loss, expected.loss, 1e-5);
  for (size_t i = 0; i < expected.layers.size(); ++i) {
    EXPECT_THAT(actual.layers[i].kv_channels,
                Pointwise(DoubleNear(1e-5), expected.layers[i].kv_channels));
  }
}

TEST(ComputeImportance, BFloat16ModelIsScoredInFloat32) {
  // Rounded weights in fp32 and the same weights in bf16 score alike.
  const rankadaptor::testing::TemporaryFolder folder;
  ASSERT_TRUE(
      RandomModel(TinyConfig(), 5).Save(folder.path(), Dtype::kBFloat16));
  Model fp32 = Model::Load(folder.path(), {}).value();
  Model bf16 = Model::Load(folder.path(), {.dtype = Dtype::kBFloat16}).value();
  TokenWindows windows = Windows(3, 7, 11);
  EXPECT_EQ(ComputeImportance(bf16, windows, Everything(TinyConfig()))
                ->layers[0]
                .kv_channels,
            ComputeImportance(fp32, windows, Everything(TinyConfig()))
                ->layers[0]
                .kv_channels);
}

TEST(ComputeImportance, BadInputIsRefused) {
  Model model = RandomModel(TinyConfig(), 5);
  WidthPruneOptions options = Everything(TinyConfig());
  EXPECT_THAT(ComputeImportance(model, {{1, 11}}, options).error().message,
              HasSubstr("vocabulary is 0..10"));
  options.mlp_layers = {0, 2};
  EXPECT_THAT(ComputeImportance(model, {{1, 2}}, options).error().message,
              HasSubstr("mlp_layers"));
}

TEST(ComputeImportance, NonFiniteLossIsRefused) {
  Model model = RandomModel(TinyConfig(), 5);
  internal::Weights weights = model.transformer().weights();
  weights.embed_tokens = weights.embed_tokens.clone();
  weights.embed_tokens[1][0] = std::numeric_limits<float>::quiet_NaN();
  Model broken(std::make_shared<const internal::Transformer>(
      TinyConfig(), std::move(weights)));
  auto importance =
      ComputeImportance(broken, {{1, 2, 3}}, Everything(TinyConfig()));
  ASSERT_FALSE(importance);
  EXPECT_EQ(importance.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(importance.error().message, HasSubstr("not finite"));
}

}  // namespace
}  // namespace rankadaptor::llama
