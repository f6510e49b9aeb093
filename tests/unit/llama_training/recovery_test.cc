#include "rankadaptor/llama/recovery.h"

#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using internal::LoraModules;
using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TemporaryFolder;
using ::testing::Each;
using ::testing::HasSubstr;

Model SmallModel() { return RandomModel(SmallConfig(), 1); }

Adapter MakeAdapter(const Model& model,
                    const std::vector<int>& ranks,
                    double dropout = 0) {
  return Adapter::Create(model, {.ranks = ranks, .dropout = dropout}, 3)
      .value();
}

// Rows of 3 to 9 ids that repeat one pattern per row.
RecoveryData PatternData(int num_rows) {
  RecoveryData data;
  for (int i = 0; i < num_rows; ++i) {
    std::vector<int32_t> ids;
    for (int t = 0; t < 3 + i % 7; ++t) ids.push_back(1 + (i + 5 * t) % 31);
    data.rows.push_back({ids, ids});
  }
  return data;
}

RecoveryOptions FastOptions() {
  RecoveryOptions options;
  options.batch_size = 8;
  options.micro_batch_size = 8;
  options.steps = 30;
  options.learning_rate = 2e-2;
  options.warmup_steps = 2;
  return options;
}

RecoveryResult MustRecover(const RecoveryOptions& options,
                           const std::vector<int>& ranks = {2, 3, 4},
                           double dropout = 0) {
  const Model model = SmallModel();
  return Recover(model,
                 MakeAdapter(model, ranks, dropout),
                 PatternData(20),
                 options)
      .value();
}

double MaxDifference(const Adapter& a, const Adapter& b) {
  double difference = 0;
  for (size_t layer = 0; layer < a.modules().layers.size(); ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      const auto& x = a.modules().layers[layer][p];
      const auto& y = b.modules().layers[layer][p];
      if (!x.defined()) continue;
      for (const auto& [left, right] :
           {std::pair(x.a, y.a), std::pair(x.b, y.b)}) {
        difference =
            std::max(difference, (left - right).abs().max().item<double>());
      }
    }
  }
  return difference;
}

TEST(Recover, LowersTheLossAndLogsEveryUpdate) {
  const RecoveryResult result = MustRecover(FastOptions());
  ASSERT_EQ(result.log.size(), 30U);
  EXPECT_LT(result.log.back().loss, result.log.front().loss - 0.5);
  EXPECT_EQ(result.log[0].learning_rate, 0);
  EXPECT_DOUBLE_EQ(result.log[2].learning_rate, 2e-2);
  EXPECT_EQ(result.log[9].step, 9);
  EXPECT_GT(result.log[0].grad_norm, 0);
  EXPECT_GT(result.log[0].num_tokens, result.log[0].num_targets);
  EXPECT_GT(result.tokens_per_second, 0);
}

TEST(Recover, LeavesTheBaseWithoutGradientsAndTheInitialAdapterAsItWas) {
  const Model model = SmallModel();
  const auto weights = internal::NamedTensors(model.transformer().weights());
  std::vector<at::Tensor> before;
  for (const auto& [name, weight] : weights) before.push_back(weight.clone());
  const Adapter initial = MakeAdapter(model, {2, 3, 4});
  const at::Tensor initial_b = initial.modules().layers[0][0].b.clone();
  ASSERT_TRUE(Recover(model, initial, PatternData(20), FastOptions()));
  for (size_t i = 0; i < weights.size(); ++i) {
    const at::Tensor& weight = weights[i].second;
    EXPECT_FALSE(weight.requires_grad()) << weights[i].first;
    EXPECT_FALSE(weight.grad().defined()) << weights[i].first;
    EXPECT_TRUE(at::equal(weight, before[i])) << weights[i].first;
  }
  EXPECT_TRUE(at::equal(initial.modules().layers[0][0].b, initial_b));
  EXPECT_FALSE(initial.modules().layers[0][0].a.requires_grad());
}

TEST(Recover, ReturnsAnAdapterOfFrozenFp32Tensors) {
  const RecoveryResult result = MustRecover(FastOptions(), {0, 3, 4});
  EXPECT_FALSE(result.adapter.modules().layers[0][0].defined());
  const auto& module = result.adapter.modules().layers[1][6];
  EXPECT_FALSE(module.a.requires_grad());
  EXPECT_FALSE(module.a.grad().defined());
  EXPECT_EQ(module.b.scalar_type(), at::kFloat);
  EXPECT_GT(module.b.abs().max().item<double>(), 0);
}

TEST(Recover, MicroBatchesChangeNothingWhenTargetsWeighTheSame) {
  RecoveryOptions options = FastOptions();
  options.steps = 5;
  const RecoveryResult whole = MustRecover(options);
  options.micro_batch_size = 3;
  const RecoveryResult parts = MustRecover(options);
  EXPECT_LT(MaxDifference(whole.adapter, parts.adapter), 1e-4);
  EXPECT_NEAR(whole.log[1].loss, parts.log[1].loss, 1e-5);
}

TEST(Recover, MicroBatchesMatterWhenTheyWeighTheSame) {
  RecoveryOptions options = FastOptions();
  options.steps = 1;
  options.loss_weighting = LossWeighting::kPerMicroBatch;
  const double whole = MustRecover(options).log[0].loss;
  options.micro_batch_size = 1;
  // The mean of the rows' means.
  EXPECT_GT(std::abs(MustRecover(options).log[0].loss - whole), 1e-3);
}

TEST(Recover, PerMicroBatchLossIsTheMeanOfTheirMeans) {
  RecoveryData data;
  data.rows = {{{1, 2, 3}, {1, 2, 3}}, {{4, 5, 6, 7, 8}, {4, 5, 6, 7, 8}}};
  const Model model = SmallModel();
  const Adapter adapter = MakeAdapter(model, {1, 1, 1});
  auto nll = [&](const std::vector<int32_t>& ids) {
    const auto nlls = model.TokenNlls(ids).value();
    return std::accumulate(nlls.begin(), nlls.end(), 0.0);
  };
  RecoveryOptions options = FastOptions();
  options.steps = 1;
  options.micro_batch_size = 1;
  auto loss = [&] {
    return Recover(model, adapter, data, options)->log[0].loss;
  };
  const double short_sum = nll(data.rows[0].ids);
  const double long_sum = nll(data.rows[1].ids);
  EXPECT_NEAR(loss(), (short_sum + long_sum) / 6, 1e-5);
  options.loss_weighting = LossWeighting::kPerMicroBatch;
  EXPECT_NEAR(loss(), (short_sum / 2 + long_sum / 4) / 2, 1e-5);
}

TEST(Recover, ShowsTheSameRowsWhateverTheRanks) {
  RecoveryOptions options = FastOptions();
  options.seed = 4;
  auto tokens = [&](const std::vector<int>& ranks) {
    std::vector<int64_t> counts;
    for (const auto& step : MustRecover(options, ranks).log) {
      counts.push_back(step.num_tokens);
    }
    return counts;
  };
  const auto counts = tokens({2, 3, 4});
  EXPECT_EQ(tokens({8, 0, 1}), counts);
  options.seed = 5;
  EXPECT_NE(tokens({2, 3, 4}), counts);
}

TEST(Recover, RepeatsItselfForOneSeedEvenWithDropout) {
  RecoveryOptions options = FastOptions();
  options.steps = 4;
  const RecoveryResult first = MustRecover(options, {2, 3, 4}, 0.3);
  const RecoveryResult again = MustRecover(options, {2, 3, 4}, 0.3);
  EXPECT_EQ(MaxDifference(first.adapter, again.adapter), 0);
  const RecoveryResult without = MustRecover(options, {2, 3, 4}, 0);
  EXPECT_GT(MaxDifference(first.adapter, without.adapter), 1e-4);
}

TEST(Recover, CountsEpochsWithTheirLastIncompleteUpdate) {
  RecoveryOptions options = FastOptions();
  options.steps = 0;
  options.epochs = 2;
  const auto log = MustRecover(options).log;  // 20 rows: 8 + 8 + 4
  ASSERT_EQ(log.size(), 6U);
  int64_t num_tokens = 0;
  for (int i = 0; i < 3; ++i) num_tokens += log[i].num_tokens;
  const RecoveryData data = PatternData(20);
  int64_t expected = 0;
  for (const auto& row : data.rows) {
    expected += static_cast<int64_t>(row.ids.size());
  }
  EXPECT_EQ(num_tokens, expected);
  // LLaMA-7B's recipe (spec 2.1).
  EXPECT_EQ(NumUpdates(49760, RecoveryOptions()), 1556);
}

TEST(Recover, TrainsFp32AdaptersBesideABf16Base) {
  const Model fp32 = SmallModel();
  internal::Weights weights = fp32.transformer().weights();
  for (auto& layer : weights.layers) {
    for (at::Tensor& projection : layer.projections) {
      projection = projection.to(at::kBFloat16);
    }
    layer.input_norm = layer.input_norm.to(at::kBFloat16);
    layer.post_attention_norm = layer.post_attention_norm.to(at::kBFloat16);
  }
  weights.embed_tokens = weights.embed_tokens.to(at::kBFloat16);
  weights.final_norm = weights.final_norm.to(at::kBFloat16);
  const Model model(std::make_shared<const internal::Transformer>(
      fp32.config(), std::move(weights)));
  const auto result = Recover(
      model, MakeAdapter(model, {2, 2, 2}), PatternData(20), FastOptions());
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->adapter.modules().layers[0][0].a.scalar_type(), at::kFloat);
  EXPECT_LT(result->log.back().loss, result->log.front().loss - 0.3);
}

TEST(Recover, ReturnsAnAdapterWithoutRanksUntrained) {
  const RecoveryResult result = MustRecover(FastOptions(), {0, 0, 0});
  EXPECT_TRUE(result.log.empty());
  EXPECT_THAT(result.adapter.ranks(), Each(0));
}

TEST(Recover, StopsWhenCancelled) {
  const Model model = SmallModel();
  CancellationFlag flag;
  TrainingHooks hooks;
  hooks.cancellation = &flag;
  hooks.observer = [&](const TrainingStep& step) {
    if (step.step == 2) flag.Cancel();
  };
  const auto result = Recover(model,
                              MakeAdapter(model, {2, 2, 2}),
                              PatternData(20),
                              FastOptions(),
                              hooks);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(result.error().message, "training was cancelled before update 3");
}

TEST(Recover, NamesTheUpdateThatDiverged) {
  RecoveryOptions options = FastOptions();
  options.learning_rate = 1e30;
  options.warmup_steps = 0;
  const Model model = SmallModel();
  const auto result =
      Recover(model, MakeAdapter(model, {2, 2, 2}), PatternData(20), options);
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message, HasSubstr("update 1: the "));
}

class RecoverRefusals : public ::testing::Test {
 protected:
  std::string Error() {
    const auto result =
        Recover(model_, MakeAdapter(model_, {2, 2, 2}), data_, options_);
    return result.has_value() ? "accepted" : result.error().message;
  }

  const Model model_ = SmallModel();
  RecoveryData data_ = PatternData(3);
  RecoveryOptions options_ = FastOptions();
};

TEST_F(RecoverRefusals, NameTheOption) {
  options_.batch_size = 0;
  EXPECT_EQ(Error(), "batch_size = 0 is less than 1");
  options_ = FastOptions();
  options_.steps = 0;
  options_.epochs = 0;
  EXPECT_EQ(Error(), "epochs = 0 is less than 1");
  options_ = FastOptions();
  options_.learning_rate = -1;
  EXPECT_EQ(Error(), "learning_rate = -1.000000 is not positive");
  options_ = FastOptions();
  options_.adamw.beta2 = 1;
  EXPECT_EQ(Error(), "beta2 = 1.000000 is not in [0, 1)");
}

TEST_F(RecoverRefusals, NameTheRow) {
  data_.rows[1].ids[0] = 32;
  EXPECT_EQ(Error(), "row 1: id 32 is not in the vocabulary of 32");
  data_ = PatternData(3);
  data_.rows[2].labels.assign(5, kIgnoredLabel);
  EXPECT_EQ(Error(), "row 2 has no target");
  data_.rows[2].labels.pop_back();
  EXPECT_EQ(Error(), "row 2 has 5 ids and 4 labels");
  data_.rows.clear();
  EXPECT_EQ(Error(), "there are no rows to recover on");
}

TEST(RecoverOnBatches, TakesOneUpdatePerBatchAndIgnoresLeftPadding) {
  const Model model = SmallModel();
  const RecoveryData data = PatternData(4);
  const std::vector<TokenBatch> padded(3, Collate(data.rows));
  TokenBatch plain = padded[0];
  plain.num_rows = 1;  // the last row alone, without its padding
  plain.row_length = 6;
  plain.ids.assign(padded[0].ids.end() - 6, padded[0].ids.end());
  plain.labels.assign(padded[0].labels.end() - 6, padded[0].labels.end());
  plain.attention_mask.assign(6, 1);
  const Adapter adapter = MakeAdapter(model, {2, 2, 2});
  const auto result =
      RecoverOnBatches(model, adapter, padded, FastOptions()).value();
  ASSERT_EQ(result.log.size(), 3U);
  EXPECT_EQ(result.log[0].num_tokens, 3 + 4 + 5 + 6);
  EXPECT_EQ(result.log[0].num_targets, 2 + 3 + 4 + 5);
  const auto alone =
      RecoverOnBatches(model, adapter, {&plain, 1}, FastOptions()).value();
  const auto nlls = model.TokenNlls(data.rows[3].ids).value();
  EXPECT_NEAR(alone.log[0].loss,
              std::accumulate(nlls.begin(), nlls.end(), 0.0) / 5,
              1e-5);
}

TEST(RecoverOnBatches, RefusesBatchesThatDoNotFit) {
  const Model model = SmallModel();
  const Adapter adapter = MakeAdapter(model, {2, 2, 2});
  EXPECT_EQ(RecoverOnBatches(model, adapter, {}, FastOptions()).error().message,
            "there are no batches");
  std::vector<TokenBatch> batches(2, Collate(PatternData(2).rows));
  batches[1].ids[5] = -4;
  EXPECT_EQ(
      RecoverOnBatches(model, adapter, batches, FastOptions()).error().message,
      "batch 1: id -4 is not in the vocabulary of 32");
}

TEST(LossWeighting, NamesRoundTripAndOthersAreRefused) {
  EXPECT_EQ(ParseLossWeighting("per_target"), LossWeighting::kPerTarget);
  EXPECT_EQ(ParseLossWeighting("per_micro_batch"),
            LossWeighting::kPerMicroBatch);
  EXPECT_FALSE(ParseLossWeighting("mean").has_value());
}

TEST(Recover, RecomputingActivationsChangesNothing) {
  RecoveryOptions options = FastOptions();
  options.steps = 6;
  const RecoveryResult plain = MustRecover(options, {2, 0, 4}, 0.2);
  options.recompute_activations = true;
  const RecoveryResult recomputed = MustRecover(options, {2, 0, 4}, 0.2);
  EXPECT_EQ(MaxDifference(plain.adapter, recomputed.adapter), 0);
  for (size_t i = 0; i < plain.log.size(); ++i) {
    EXPECT_EQ(plain.log[i].loss, recomputed.log[i].loss);
    EXPECT_EQ(plain.log[i].grad_norm, recomputed.log[i].grad_norm);
  }
}

// A run that stops before update `stop`, as a kill would stop it.
Status InterruptedRun(const RecoveryOptions& options, int64_t stop) {
  CancellationFlag flag;
  const TrainingHooks hooks = {.observer =
                                   [&](const TrainingStep& step) {
                                     if (step.step + 1 == stop) flag.Cancel();
                                   },
                               .cancellation = &flag};
  const Model model = SmallModel();
  const auto result = Recover(model,
                              MakeAdapter(model, {2, 3, 4}, 0.2),
                              PatternData(20),
                              options,
                              hooks);
  EXPECT_FALSE(result.has_value());
  return result ? Status() : Status(tl::make_unexpected(result.error()));
}

TEST(RecoveryCheckpoint, AKilledRunEndsAsIfItHadNot) {
  const TemporaryFolder folder;
  RecoveryOptions options = FastOptions();
  const RecoveryResult whole = MustRecover(options, {2, 3, 4}, 0.2);
  EXPECT_TRUE(whole.checkpoint_file.empty());
  options.checkpoint_folder = folder / "checkpoints";
  options.checkpoint_interval = 5;
  EXPECT_EQ(InterruptedRun(options, 7).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(InterruptedRun(options, 18).error().code, ErrorCode::kCancelled);
  std::vector<int64_t> seen;
  const Model model = SmallModel();
  const auto resumed = Recover(
      model,
      MakeAdapter(model, {2, 3, 4}, 0.2),
      PatternData(20),
      options,
      {.observer = [&](const TrainingStep& s) { seen.push_back(s.step); }});
  ASSERT_TRUE(resumed.has_value()) << resumed.error().message;
  EXPECT_EQ(seen.front(), 15);
  EXPECT_EQ(MaxDifference(whole.adapter, resumed->adapter), 0);
  ASSERT_EQ(resumed->log.size(), whole.log.size());
  for (size_t i = 0; i < whole.log.size(); ++i) {
    EXPECT_EQ(resumed->log[i].loss, whole.log[i].loss) << i;
    EXPECT_EQ(resumed->log[i].num_tokens, whole.log[i].num_tokens) << i;
  }
  EXPECT_TRUE(std::filesystem::exists(resumed->checkpoint_file));
}

TEST(RecoveryCheckpoint, BelongsToOneRunOnly) {
  const TemporaryFolder folder;
  RecoveryOptions options = FastOptions();
  options.checkpoint_folder = folder.path();
  options.checkpoint_interval = 5;
  auto file = [&](const RecoveryOptions& o, const std::vector<int>& ranks) {
    return MustRecover(o, ranks).checkpoint_file;
  };
  const auto first = file(options, {2, 3, 4});
  EXPECT_EQ(file(options, {2, 3, 4}), first);
  EXPECT_NE(file(options, {2, 3, 5}), first);
  options.seed = 9;
  EXPECT_NE(file(options, {2, 3, 4}), first);
  options.checkpoint_interval = 0;
  const Model model = SmallModel();
  EXPECT_THAT(
      Recover(model, MakeAdapter(model, {1, 1, 1}), PatternData(9), options)
          .error()
          .message,
      HasSubstr("checkpoint_interval = 0 is less than 1"));
}

TEST(RecoveryCheckpoint, ADamagedFileIsNamed) {
  const TemporaryFolder folder;
  RecoveryOptions options = FastOptions();
  options.checkpoint_folder = folder.path();
  options.checkpoint_interval = 5;
  const auto file = MustRecover(options).checkpoint_file;
  std::filesystem::resize_file(file, 100);
  const Model model = SmallModel();
  const auto result =
      Recover(model, MakeAdapter(model, {2, 3, 4}), PatternData(20), options);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(result.error().message, HasSubstr(file.string()));
}

}  // namespace
}  // namespace rankadaptor::llama
