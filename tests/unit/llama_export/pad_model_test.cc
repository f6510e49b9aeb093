#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/export.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TemporaryFolder;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<int32_t> kIds = {1, 5, 9, 30, 2, 2, 17};

double LargestDifference(const Model& a, const Model& b) {
  const std::vector<float> left = a.Logits(kIds).value();
  const std::vector<float> right = b.Logits(kIds).value();
  double largest = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    largest = std::max<double>(largest, std::abs(left[i] - right[i]));
  }
  return largest;
}

// Sums have other blocks: fp32 rounding of logits of order 1.
constexpr double kTolerance = 1e-5;

TEST(PadToUniformShape, IsTheSameFunctionWithOneShape) {
  const Model model = RandomModel(SmallConfig(), 1);
  const auto padded = PadToUniformShape(model);
  ASSERT_TRUE(padded.has_value()) << padded.error().message;
  // 6 heads with 3 KV heads would fit, but do not divide the hidden size.
  EXPECT_THAT(padded->config().layers, Each(LayerShape{8, 4, 24}));
  EXPECT_TRUE(HasStockShape(padded->config()));
  EXPECT_LT(LargestDifference(*padded, model), kTolerance);
}

TEST(PadToUniformShape, KeepsQueryHeadsWithTheirKvHeads) {
  LlamaConfig config = SmallConfig();
  config.layers = {{6, 3, 8}, {4, 1, 8}, {2, 2, 8}};  // 2, 4 and 1 a KV head
  const Model model = RandomModel(config, 2);
  const Model padded = PadToUniformShape(model).value();
  EXPECT_THAT(padded.config().layers, Each(LayerShape{16, 4, 8}));
  EXPECT_LT(LargestDifference(padded, model), kTolerance);
  // Head 2 of layer 0 is the first of KV head 1, whose heads begin at 4.
  const auto row = [](const Model& m, int64_t index) {
    return m.transformer().weights().layers[0][Projection::kQ][index];
  };
  EXPECT_TRUE(at::equal(row(padded, 4 * 4), row(model, 2 * 4)));
}

// transformers refuses it of a Llama, and takes it of a Qwen2.
TEST(PadToUniformShape, FillsUpHeadsThatDoNotDivideTheHiddenSize) {
  LlamaConfig config = SmallConfig();
  config.layers.assign(3, {3, 3, 8});
  EXPECT_FALSE(HasStockShape(config));
  const Model model = RandomModel(config, 3);
  const Model padded = PadToUniformShape(model).value();
  EXPECT_THAT(padded.config().layers, Each(LayerShape{4, 4, 8}));
  EXPECT_LT(LargestDifference(padded, model), kTolerance);
  config.architecture = FindArchitecture("mistral");
  EXPECT_TRUE(HasStockShape(config));
  EXPECT_EQ(PadToUniformShape(RandomModel(config, 3)).value().config(), config);
}

TEST(PadToUniformShape, FillsWithZerosOnly) {
  const Model model = RandomModel(SmallConfig(), 1);
  const Model padded = PadToUniformShape(model).value();
  for (int layer = 0; layer < 3; ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const auto index = static_cast<size_t>(layer);
      const auto projection = static_cast<Projection>(p);
      auto sum = [&](const Model& m) {
        return m.transformer()
            .weights()
            .layers[index][projection]
            .to(at::kDouble)
            .abs()
            .sum()
            .item<double>();
      };
      EXPECT_DOUBLE_EQ(sum(padded), sum(model)) << layer << " " << p;
    }
  }
}

TEST(PadToUniformShape, SharesTheWeightsOfLayersThatFitAlready) {
  LlamaConfig config = SmallConfig();
  config.layers.assign(3, {4, 2, 24});
  const Model model = RandomModel(config, 1);
  const Model padded = PadToUniformShape(model).value();
  EXPECT_EQ(padded.config(), config);
  EXPECT_EQ(padded.transformer().weights().layers[1][Projection::kO].data_ptr(),
            model.transformer().weights().layers[1][Projection::kO].data_ptr());
}

TEST(PadToUniformShape, IsWrittenWithAPlainConfig) {
  const TemporaryFolder folder;
  const Model padded = PadToUniformShape(RandomModel(SmallConfig(), 1)).value();
  ASSERT_TRUE(padded.Save(folder.path(), Dtype::kFloat32));
  EXPECT_THAT(ReadFile(folder / "config.json").value(),
              Not(HasSubstr("rankadaptor")));
  EXPECT_EQ(Model::Load(folder.path(), {})->Logits(kIds).value(),
            padded.Logits(kIds).value());
}

TEST(FileFormats, Float16KeepsWhatItCanHold) {
  const TemporaryFolder folder;
  const Model model = RandomModel(SmallConfig(), 1);
  ASSERT_TRUE(model.Save(folder.path(), Dtype::kFloat16));
  EXPECT_THAT(ReadFile(folder / "config.json").value(),
              HasSubstr("\"float16\""));
  const Model loaded = Model::Load(folder.path(), {}).value();
  EXPECT_LT(LargestDifference(loaded, model), 0.05);  // 11 bits a weight
  EXPECT_THAT(
      Model::Load(folder.path(), {.dtype = Dtype::kFloat16}).error().message,
      HasSubstr("float16 is for files only"));
}

// The model with `value` in one weight.
Model WithWeight(double value) {
  const Model model = RandomModel(SmallConfig(), 1);
  internal::Weights weights = model.transformer().weights();
  at::Tensor& up = weights.layers[1][Projection::kUp];
  up = up.clone();
  up[0][0] = value;
  return Model(std::make_shared<const internal::Transformer>(
      model.config(), std::move(weights)));
}

TEST(FileFormats, ValuesThatDoNotFitAreRefusedByName) {
  const TemporaryFolder folder;
  const auto error = [&](double value, Dtype dtype) {
    const Status status = WithWeight(value).Save(folder.path(), dtype);
    return status ? "written" : status.error().message;
  };
  EXPECT_THAT(error(70000, Dtype::kFloat16),
              HasSubstr("model.layers.1.mlp.up_proj.weight has a value of "
                        "magnitude 70000.000000, too large for float16 "
                        "(65504 at most); write bfloat16 or float32"));
  EXPECT_EQ(error(70000, Dtype::kBFloat16), "written");
  EXPECT_THAT(error(NAN, Dtype::kFloat32),
              HasSubstr("model.layers.1.mlp.up_proj.weight has values that "
                        "are not finite"));
}

TEST(FileFormats, WhatIsRefusedLeavesNoFile) {
  const TemporaryFolder folder;
  EXPECT_FALSE(WithWeight(NAN).Save(folder.path(), Dtype::kFloat32));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace rankadaptor::llama
