#include "rankadaptor/llama/quantisation.h"

#include <gmock/gmock.h>

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::HasSubstr;

// How many different values the first group of a matrix has.
int64_t NumLevels(const Model& model, int layer, Projection projection) {
  const at::Tensor group =
      model.transformer().weights().layers[layer][projection][0].narrow(
          0, 0, 8);
  return std::get<0>(at::_unique(group)).numel();
}

TEST(Quantisation, RoundsEachLayerToItsWidth) {
  const Model model = RandomModel(SmallConfig(), 1);
  const Model rounded =
      QuantiseLayers(model, {1, 2, 8}, {.group_size = 8}).value();
  for (Projection p : {Projection::kQ, Projection::kO, Projection::kDown}) {
    EXPECT_EQ(NumLevels(model, 0, p), 8);
    EXPECT_EQ(NumLevels(rounded, 0, p), 2);
    EXPECT_GT(NumLevels(rounded, 1, p), 2);
    EXPECT_LE(NumLevels(rounded, 1, p), 4);
  }
}

TEST(Quantisation, LeavesTheModelAndWhatIsNoMatrixOfALayer) {
  const Model model = RandomModel(SmallConfig(), 1);
  const auto before = model.Logits({1, 2, 3}).value();
  const Model rounded = QuantiseLayers(model, {2, 2, 2}, {}).value();
  EXPECT_EQ(model.Logits({1, 2, 3}).value(), before);
  EXPECT_NE(rounded.Logits({1, 2, 3}).value(), before);
  const auto& old_weights = model.transformer().weights();
  const auto& new_weights = rounded.transformer().weights();
  EXPECT_TRUE(at::equal(new_weights.embed_tokens, old_weights.embed_tokens));
  EXPECT_TRUE(at::equal(new_weights.layers[0].input_norm,
                        old_weights.layers[0].input_norm));
}

TEST(Quantisation, MoreBitsAreCloser) {
  const Model model = RandomModel(SmallConfig(), 1);
  const std::vector<int32_t> ids = {1, 5, 9, 2, 7};
  const auto full = model.Logits(ids).value();
  double last = std::numeric_limits<double>::infinity();
  for (int bits : {2, 4, 6, 8}) {
    const auto logits =
        QuantiseLayers(model, {bits, bits, bits}, {}).value().Logits(ids);
    double error = 0;
    for (size_t i = 0; i < full.size(); ++i) {
      error += std::abs((*logits)[i] - full[i]);
    }
    EXPECT_LT(error, last / 2) << bits;
    last = error;
  }
}

TEST(Quantisation, CountsBitsStepsAndMinima) {
  LlamaConfig config = SmallConfig();
  config.hidden_size = 16;
  config.head_dim = 4;
  config.layers = {
      {.num_heads = 4, .num_kv_heads = 2, .intermediate_size = 24}};
  // q, k, v, o: [16,16] [8,16] [8,16] [16,16]; gate, up [24,16]; down [16,24].
  const int64_t values = 256 + 128 + 128 + 256 + 3 * 384;
  // Groups of 16: one a row but for down, which has two.
  const int64_t groups = 16 + 8 + 8 + 16 + 24 + 24 + 32;
  EXPECT_EQ(QuantisedLayerBytes(config, 0, 3, {.group_size = 16}),
            (values * 3 + groups * 32) / 8);
}

TEST(Quantisation, RefusesWhatIsOutOfRange) {
  const Model model = RandomModel(SmallConfig(), 1);
  const auto message = [&](const std::vector<int>& bits, int group_size) {
    return QuantiseLayers(model, bits, {.group_size = group_size})
        .error()
        .message;
  };
  EXPECT_THAT(message({4, 4}, 32), HasSubstr("2 bit widths"));
  EXPECT_THAT(message({4, 9, 4}, 32), HasSubstr("bit width 9"));
  EXPECT_THAT(message({4, 4, 4}, 1), HasSubstr("group size 1"));
}

TEST(Quantisation, RefusesWeightsThatHalfPrecisionCannotHold) {
  const Model model = RandomModel(SmallConfig(), 1);
  internal::Weights weights = model.transformer().weights();
  weights.layers[1][Projection::kUp] =
      at::full_like(weights.layers[1][Projection::kUp], 1e6);
  const Model large(std::make_shared<const internal::Transformer>(
      model.config(), std::move(weights)));
  const auto rounded = QuantiseLayers(large, {4, 4, 4}, {});
  ASSERT_FALSE(rounded);
  EXPECT_EQ(rounded.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(rounded.error().message, HasSubstr("layer 1 mlp.up_proj"));
}

}  // namespace
}  // namespace rankadaptor::llama
