#include "evaluators/llama/pruning/layer_gradients.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

#include "tests/support/random_model.h"
#include "tests/support/whole_model_gradients.h"

namespace rankadaptor::llama::internal {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::WholeModelGradients;
using ::testing::ElementsAre;

// More than go through a layer at once.
TokenWindows ManyWindows() {
  RandomStream random(3);
  TokenWindows windows(19);
  for (auto& window : windows) {
    for (int i = 0; i < 9; ++i) {
      window.push_back(static_cast<int32_t>(random.UniformInt(0, 31)));
    }
  }
  return windows;
}

GradientRequest Everything(bool mean_squares) {
  GradientRequest request;
  request.layers.assign(SmallConfig().layers.size(), {true, true, true});
  request.mean_squares = mean_squares;
  return request;
}

// Sums run in another order: some 1e-7 of the largest gradient.
void ExpectEqual(const at::Tensor& actual, const at::Tensor& expected) {
  ASSERT_TRUE(actual.defined());
  const double scale = expected.abs().max().item<double>();
  EXPECT_LT((actual - expected).abs().max().item<double>(), 2e-6 * scale);
}

void ExpectEqual(const LayerWeights& actual, const LayerWeights& expected) {
  for (int p = 0; p < kNumProjections; ++p) {
    SCOPED_TRACE(p);
    const auto projection = static_cast<Projection>(p);
    ExpectEqual(actual[projection], expected[projection]);
  }
  ExpectEqual(actual.input_norm, expected.input_norm);
  ExpectEqual(actual.post_attention_norm, expected.post_attention_norm);
}

TEST(LayerGradients, EqualThoseOfTheWholeModel) {
  const Model model = RandomModel(SmallConfig(), 2);
  for (bool mean_squares : {false, true}) {
    SCOPED_TRACE(mean_squares);
    const auto expected =
        WholeModelGradients(model.transformer(), ManyWindows(), mean_squares);
    ForEachLayerGradients(
        model.transformer(),
        ManyWindows(),
        Everything(mean_squares),
        [&](int layer, const LayerGradients& actual) {
          SCOPED_TRACE(layer);
          ExpectEqual(actual.gradients, expected[layer].gradients);
          if (!mean_squares) return;
          ExpectEqual(actual.mean_squares, expected[layer].mean_squares);
        });
  }
}

TEST(LayerGradients, VisitsTheLastWantedLayerFirstAndNoOther) {
  const Model model = RandomModel(SmallConfig(), 2);
  GradientRequest request;
  request.layers = {{}, {.mlp = true}, {.attention = true}};
  std::vector<int> visited;
  ForEachLayerGradients(
      model.transformer(),
      ManyWindows(),
      request,
      [&](int layer, const LayerGradients& gradients) {
        visited.push_back(layer);
        EXPECT_EQ(gradients.gradients[Projection::kQ].defined(), layer == 2);
        EXPECT_EQ(gradients.gradients[Projection::kGate].defined(), layer == 1);
        EXPECT_FALSE(gradients.gradients.input_norm.defined());
      });
  EXPECT_THAT(visited, ElementsAre(2, 1));
}

TEST(LayerGradients, NothingWantedGivesTheLossAlone) {
  const Model model = RandomModel(SmallConfig(), 2);
  GradientRequest request;
  request.layers.resize(3);
  const CalibrationLoss loss =
      ForEachLayerGradients(model.transformer(),
                            ManyWindows(),
                            request,
                            [](int, const LayerGradients&) { FAIL(); });
  EXPECT_EQ(loss.window_means.size(), 19U);
  EXPECT_GT(loss.mean, 0);
}

}  // namespace
}  // namespace rankadaptor::llama::internal
