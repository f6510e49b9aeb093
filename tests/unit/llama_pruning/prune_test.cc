#include <csignal>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/pruning.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;
using ::testing::SizeIs;

const std::vector<int32_t> kIds = {1, 5, 9, 30, 2, 2, 17};

// SmallConfig's layers are {4, 2, 24}, {2, 1, 16}, {6, 3, 8}.
KeptIndices SomeKept() {
  KeptIndices kept = KeepEverything(SmallConfig());
  kept.layers[0].kv_heads = {1};
  kept.layers[0].q_heads = {2, 3};
  kept.layers[0].mlp_channels = {0, 5, 6, 23};
  kept.layers[2].kv_heads = {0, 2};
  kept.layers[2].q_heads = {0, 1, 4, 5};
  return kept;
}

// Zeroes the columns of `weight` whose unit of `width` columns is not kept.
at::Tensor WithZeroedColumns(const at::Tensor& weight,
                             const std::vector<int64_t>& kept,
                             int64_t width) {
  at::Tensor zeroed = at::zeros_like(weight);
  for (int64_t unit : kept) {
    zeroed.narrow(1, unit * width, width)
        .copy_(weight.narrow(1, unit * width, width));
  }
  return zeroed;
}

Model Zeroed(const Model& dense, const KeptIndices& kept) {
  internal::Weights weights = dense.transformer().weights();
  for (size_t i = 0; i < weights.layers.size(); ++i) {
    at::Tensor& o = weights.layers[i][Projection::kO];
    o = WithZeroedColumns(o, kept.layers[i].q_heads, dense.config().head_dim);
    at::Tensor& down = weights.layers[i][Projection::kDown];
    down = WithZeroedColumns(down, kept.layers[i].mlp_channels, 1);
  }
  return Model(std::make_shared<const internal::Transformer>(
      dense.config(), std::move(weights)));
}

TEST(ApplyKept, EqualsTheDenseModelWithZeroedColumns) {
  Model dense = RandomModel(SmallConfig(), 1);
  Model pruned = ApplyKept(dense, SomeKept()).value();
  EXPECT_EQ(pruned.config(), PrunedConfig(SmallConfig(), SomeKept()));
  EXPECT_THAT(pruned.Logits(kIds).value(),
              Pointwise(FloatNear(1e-5F),
                        Zeroed(dense, SomeKept()).Logits(kIds).value()));
  EXPECT_NE(pruned.Logits(kIds).value(), dense.Logits(kIds).value());
}

TEST(ApplyKept, KeepingEverythingSharesTheWeights) {
  Model dense = RandomModel(SmallConfig(), 1);
  Model same = ApplyKept(dense, KeepEverything(SmallConfig())).value();
  const auto& weights = same.transformer().weights().layers[1];
  EXPECT_TRUE(weights[Projection::kQ].is_same(
      dense.transformer().weights().layers[1][Projection::kQ]));
  EXPECT_EQ(same.Logits(kIds).value(), dense.Logits(kIds).value());
}

TEST(ApplyKept, CanBeAppliedToAPrunedModel) {
  Model once = ApplyKept(RandomModel(SmallConfig(), 1), SomeKept()).value();
  KeptIndices kept = KeepEverything(once.config());
  kept.layers[0].mlp_channels = {1, 3};
  Model twice = ApplyKept(once, kept).value();
  EXPECT_EQ(twice.config().layers[0], (LayerShape{2, 1, 2}));
  EXPECT_THAT(
      twice.Logits(kIds).value(),
      Pointwise(FloatNear(1e-5F), Zeroed(once, kept).Logits(kIds).value()));
}

TEST(ApplyKept, MapThatDoesNotFitIsRefused) {
  KeptIndices kept = SomeKept();
  kept.layers[1].kv_heads = {1};
  auto pruned = ApplyKept(RandomModel(SmallConfig(), 1), kept);
  EXPECT_EQ(pruned.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(pruned.error().message, HasSubstr("layers[1].kept_kv_heads"));
}

WidthPruneOptions HalfOfLayers(int begin, int end) {
  WidthPruneOptions options;
  options.ratio = 0.5;
  options.attention_layers = options.mlp_layers = {begin, end};
  return options;
}

TEST(Prune, RemovesWhatIsPlannedAndReportsIt) {
  Model dense = RandomModel(SmallConfig(), 1);
  WidthPruneOptions options = HalfOfLayers(0, 3);
  PruneResult result = Prune(dense, {kIds}, options).value();
  EXPECT_EQ(result.model.config(),
            PlanWidthPruning(SmallConfig(), options)->config);
  EXPECT_TRUE(CheckKeptIndices(result.kept, SmallConfig()));
  EXPECT_EQ(result.report.parameters_before, dense.NumParameters());
  EXPECT_EQ(result.report.parameters_after, result.model.NumParameters());
  EXPECT_NEAR(result.report.removed_fraction(),
              1.0 - static_cast<double>(result.model.NumParameters()) /
                        static_cast<double>(dense.NumParameters()),
              1e-12);
  // int(12 * .5) = 6 rows of 4 go from the last layer: one head of three.
  EXPECT_THAT(
      result.report.layers,
      ElementsAre(
          LayerShape{2, 1, 12}, LayerShape{2, 1, 8}, LayerShape{4, 2, 4}));
  ASSERT_THAT(result.report.skipped, SizeIs(1));
  EXPECT_EQ(result.report.skipped[0].layer, 1);
  EXPECT_EQ(result.report.skipped[0].part, "attention");
}

// With the columns of every channel zeroed in down, no head is among the
// lowest scores.
TEST(Prune, InGlobalScopeAWholePartIsOneOfHighScores) {
  KeptIndices no_channels = KeepEverything(SmallConfig());
  for (KeptLayer& layer : no_channels.layers) layer.mlp_channels = {};
  WidthPruneOptions options = HalfOfLayers(0, 3);
  options.ratio = 0.2;
  options.scope = PruneScope::kGlobal;
  const PruneResult result =
      Prune(Zeroed(RandomModel(SmallConfig(), 1), no_channels), {kIds}, options)
          .value();
  ASSERT_FALSE(result.report.skipped.empty());
  EXPECT_EQ(result.report.skipped[0].part, "attention");
  EXPECT_EQ(result.report.skipped[0].reason,
            "none of its 2 KV heads is among the lowest scores");
}

TEST(Prune, SameInputGivesSameResult) {
  Model dense = RandomModel(SmallConfig(), 1);
  PruneResult a = Prune(dense, {kIds}, HalfOfLayers(0, 3)).value();
  PruneResult b = Prune(dense, {kIds}, HalfOfLayers(0, 3)).value();
  EXPECT_EQ(a.kept, b.kept);
}

TEST(Prune, DropsTheHeadThatDoesNothing) {
  // With the columns of KV head 0 zeroed in o, nothing depends on that head.
  Model dense = RandomModel(SmallConfig(), 1);
  KeptIndices without_first = KeepEverything(SmallConfig());
  without_first.layers[0].q_heads = {2, 3};
  Model crippled = Zeroed(dense, without_first);
  PruneResult result = Prune(crippled, {kIds}, HalfOfLayers(0, 1)).value();
  EXPECT_THAT(result.kept.layers[0].kv_heads, ElementsAre(1));
}

TEST(Prune, InStepsScoresAnewAndReportsOldIndices) {
  Model dense = RandomModel(SmallConfig(), 1);
  WidthPruneOptions options = HalfOfLayers(0, 3);
  options.num_steps = 2;
  const TokenWindows windows = {kIds, {9, 8, 7, 1, 2, 4, 4}};
  PruneResult result = Prune(dense, windows, options).value();
  EXPECT_EQ(result.model.config(),
            PlanWidthPruning(SmallConfig(), options)->config);
  // The same by hand.
  WidthPruneOptions half = options;
  half.num_steps = 1;
  half.ratio = 0.25;
  Model once = Prune(dense, {windows[0]}, half)->model;
  EXPECT_EQ(once.config().layers[0].intermediate_size, 18);
  EXPECT_EQ(ApplyKept(dense, result.kept)->Logits(kIds).value(),
            result.model.Logits(kIds).value());
  EXPECT_THAT(Prune(dense, {kIds}, options).error().message,
              HasSubstr("1 calibration windows cannot be shared out evenly"));
}

TEST(Prune, MagnitudesAndRandomScoresNeedNoWindows) {
  Model dense = RandomModel(SmallConfig(), 1);
  WidthPruneOptions options = HalfOfLayers(0, 3);
  std::vector<KeptIndices> results;
  for (WidthCriterion criterion :
       {WidthCriterion::kL1, WidthCriterion::kL2, WidthCriterion::kRandom}) {
    options.criterion = criterion;
    results.push_back(Prune(dense, {}, options)->kept);
    EXPECT_EQ(Prune(dense, {}, options)->kept, results.back());
  }
  options.seed = 1;
  EXPECT_NE(Prune(dense, {}, options)->kept, results.back());
  options.criterion = WidthCriterion::kParamFirst;
  EXPECT_FALSE(Prune(dense, {}, options));
}

TEST(Prune, SecondOrderReportsHowLargeItsTermsAre) {
  Model dense = RandomModel(SmallConfig(), 1);
  WidthPruneOptions options = HalfOfLayers(0, 3);
  options.criterion = WidthCriterion::kParamMix;
  const TokenWindows windows = {kIds, {9, 8, 7, 1, 2, 4, 4}};
  const TermMagnitudes mean = *Prune(dense, windows, options)->report.terms;
  options.second_order = SecondOrder::kSum;
  const TermMagnitudes sum = *Prune(dense, windows, options)->report.terms;
  EXPECT_GT(mean.second_order, 0);
  EXPECT_NEAR(sum.second_order, 2 * mean.second_order, 1e-6);
  EXPECT_EQ(sum.first_order, mean.first_order);
  options.criterion = WidthCriterion::kParamFirst;
  EXPECT_FALSE(Prune(dense, windows, options)->report.terms);
}

class SavePrunedTest : public ::testing::Test {
 protected:
  SavePrunedTest() {
    fs::create_directory(source_);
    EXPECT_TRUE(WriteFileAtomically(source_ / "tokenizer.model", "pieces"));
    EXPECT_TRUE(WriteFileAtomically(source_ / "tokenizer_config.json", "{}"));
  }

  const rankadaptor::testing::TemporaryFolder folder_;
  const fs::path source_ = folder_ / "source";
  const Model pruned_ =
      ApplyKept(RandomModel(SmallConfig(), 1), SomeKept()).value();
};

TEST_F(SavePrunedTest, ReloadGivesIdenticalLogits) {
  const fs::path out = folder_ / "out";
  Status saved = SavePruned(pruned_, SomeKept(), source_, out, Dtype::kFloat32);
  ASSERT_TRUE(saved) << saved.error().message;
  Model loaded = Model::Load(out, {}).value();
  EXPECT_EQ(loaded.config(), pruned_.config());
  EXPECT_EQ(loaded.Logits(kIds).value(), pruned_.Logits(kIds).value());
  EXPECT_EQ(ReadKeptIndices(out / "kept_indices.json").value(), SomeKept());
  EXPECT_EQ(ReadFile(out / "tokenizer.model").value(), "pieces");
  EXPECT_TRUE(fs::exists(out / "tokenizer_config.json"));
  EXPECT_FALSE(fs::exists(out / "tokenizer.json"));
}

TEST_F(SavePrunedTest, ExistingFolderIsNotTouched) {
  Status saved =
      SavePruned(pruned_, SomeKept(), source_, source_, Dtype::kFloat32);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kAlreadyExists);
  EXPECT_FALSE(fs::exists(source_ / "config.json"));
}

// Files cannot grow beyond `bytes` while this lives, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_ = {};
  const sighandler_t handler_;
};

TEST_F(SavePrunedTest, FailureLeavesNothingBehind) {
  Status saved;
  {
    const FileSizeLimit limit(1000);
    saved = SavePruned(
        pruned_, SomeKept(), source_, folder_ / "out", Dtype::kFloat32);
  }
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().message, HasSubstr("model.safetensors"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1)
      << "the source folder alone";
}

}  // namespace
}  // namespace rankadaptor::llama
