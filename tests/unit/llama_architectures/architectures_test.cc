// What every architecture must do, on one small model of each.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "rankadaptor/llama/architecture.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/scorer.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/llama_architectures/golden_models.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerWeights;
using internal::Transformer;
using internal::Weights;
using testing::GoldenModel;
using testing::GoldenModels;
using testing::LargestDifference;
using testing::LoadFormulaModel;

// fp32 in another order of operations, logits of order 3; the largest
// difference seen is 6e-6.
constexpr double kTolerance = 3e-5;

class ArchitecturesTest : public ::testing::TestWithParam<GoldenModel> {};

INSTANTIATE_TEST_SUITE_P(All,
                         ArchitecturesTest,
                         ::testing::ValuesIn(GoldenModels()),
                         [](const auto& info) { return info.param.name; });

TEST_P(ArchitecturesTest, GivesTheLogitsOfTransformers) {
  const Model model = LoadFormulaModel(GetParam());
  const auto logits = model.Logits(GetParam().ids).value();
  EXPECT_LE(LargestDifference(logits, GetParam().logits), kTolerance);
}

TEST_P(ArchitecturesTest, IsTheSameAfterSavingAndLoading) {
  const Model model = LoadFormulaModel(GetParam());
  testing::TemporaryFolder folder;
  ASSERT_TRUE(model.Save(folder.path(), Dtype::kFloat32));
  const Model again = Model::Load(folder.path(), {}).value();
  EXPECT_EQ(again.config(), model.config());
  EXPECT_EQ(again.Logits(GetParam().ids).value(),
            model.Logits(GetParam().ids).value());
}

TEST_P(ArchitecturesTest, CountsEveryParameter) {
  const Model model = LoadFormulaModel(GetParam());
  int64_t total = 0;
  for (const auto& [name, tensor] :
       internal::NamedTensors(model.transformer().weights())) {
    total += tensor.numel();
  }
  EXPECT_EQ(NumParameters(model.config()), total);
}

// Zeroes what pruning removes at the only place where it acts: the columns of
// o and down.
Model WithoutEffect(const Model& dense, const KeptIndices& kept) {
  const LlamaConfig& config = dense.config();
  Weights weights = dense.transformer().weights();
  for (size_t i = 0; i < kept.layers.size(); ++i) {
    LayerWeights& layer = weights.layers[i];
    at::Tensor heads = at::zeros({config.layers[i].num_heads});
    for (int64_t head : kept.layers[i].q_heads) heads[head] = 1;
    at::Tensor channels = at::zeros({config.layers[i].intermediate_size});
    for (int64_t channel : kept.layers[i].mlp_channels) channels[channel] = 1;
    layer[Projection::kO] =
        layer[Projection::kO] * heads.repeat_interleave(config.head_dim);
    layer[Projection::kDown] = layer[Projection::kDown] * channels;
  }
  return Model(std::make_shared<const Transformer>(config, weights));
}

TEST_P(ArchitecturesTest, PrunedModelEqualsDenseOneWithoutTheRemovedParts) {
  const Model dense = LoadFormulaModel(GetParam());
  WidthPruneOptions options;
  options.ratio = 0.5;
  options.attention_layers = options.mlp_layers = {1, 2};
  const auto pruned = Prune(dense, {GetParam().ids}, options);
  ASSERT_TRUE(pruned) << pruned.error().message;
  EXPECT_LT(pruned->report.parameters_after, pruned->report.parameters_before);
  const Model reference = WithoutEffect(dense, pruned->kept);
  const auto expected = reference.Logits(GetParam().ids).value();
  const auto actual = pruned->model.Logits(GetParam().ids).value();
  EXPECT_LE(LargestDifference(actual, expected), kTolerance);
  EXPECT_GT(LargestDifference(actual, GetParam().logits), 0.1);
}

// Scoring puts requests that begin alike into one row; what a token may see is
// then laid out in another way.
TEST_P(ArchitecturesTest, ScoresBranchesAsSequencesOfTheirOwn) {
  const Model model = LoadFormulaModel(GetParam());
  const std::vector<int32_t>& ids = GetParam().ids;
  const std::vector<int32_t> context(ids.begin(), ids.begin() + 14);
  const std::vector<int32_t> choices[] = {
      {1, 2, 3}, {4, 5, 6, 7, 8, 9, 10}, {1, 2, 9, 11}};
  std::vector<EncodedRequest> requests;
  for (const auto& choice : choices) requests.push_back({context, choice});
  const auto scores = ScoreRequests(model, nullptr, requests, {}).value();
  for (size_t i = 0; i < scores.size(); ++i) {
    std::vector<int32_t> whole = context;
    whole.insert(whole.end(), choices[i].begin(), choices[i].end());
    const auto nlls = model.TokenNlls(whole).value();
    double sum = 0;
    for (size_t t = context.size() - 1; t < nlls.size(); ++t) sum -= nlls[t];
    EXPECT_NEAR(scores[i].log_likelihood, sum, 1e-4) << "choice " << i;
  }
}

TEST(Architectures, EveryOneHasAGoldenModel) {
  for (const Architecture* architecture : Architectures()) {
    const bool found =
        std::ranges::any_of(GoldenModels(), [&](const GoldenModel& golden) {
          return golden.config_json.find(architecture->class_name) !=
                 std::string::npos;
        });
    EXPECT_TRUE(found) << architecture->model_type;
  }
}

TEST(Architectures, SlidingWindowHidesWhatIsFartherBack) {
  const auto golden =
      std::ranges::find(GoldenModels(), "mistral_window", &GoldenModel::name);
  const Model model = LoadFormulaModel(*golden);
  std::vector<int32_t> ids = golden->ids;
  const int64_t vocabulary = model.config().vocab_size;
  const auto last = [&] {
    const auto logits = model.Logits(ids).value();
    return std::vector<float>(logits.end() - vocabulary, logits.end());
  };
  const auto before = last();
  // Two layers reach 2 * (5 - 1) tokens back.
  ids[ids.size() - 10] ^= 1;
  EXPECT_EQ(LargestDifference(last(), before), 0);
  ids[ids.size() - 9] ^= 1;
  EXPECT_GT(LargestDifference(last(), before), 0);
}

}  // namespace
}  // namespace rankadaptor::llama
