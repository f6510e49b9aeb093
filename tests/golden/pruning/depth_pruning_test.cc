// All runs of Shortened LLaMA (every criterion, with and without the plus rule)
// repeated from the same calibration ids, on the model as it is ("plain") and
// on one of twice the depth ("stack2": layer i is layer i % L of the model).
#include "rankadaptor/llama/depth_pruning.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include "rankadaptor/llama/tokenizer.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/golden/support/golden.h"

namespace rankadaptor::llama {
namespace {

using nlohmann::json;
using rankadaptor::testing::Compared;
using rankadaptor::testing::GoldenCase;
using rankadaptor::testing::GoldenCases;

// golden/README: importance 1e-4 relative, NLL 5e-6, losses 1e-5 (and so
// perplexities 1e-5 relative).
constexpr double kScoreTolerance = 1e-4;
constexpr double kNllTolerance = 5e-6;
constexpr double kPerplexityTolerance = 1e-5;

Model Stacked(const Model& model, int times) {
  LlamaConfig config = model.config();
  internal::Weights weights = model.transformer().weights();
  const auto shapes = config.layers;
  const auto layers = weights.layers;
  for (int i = 1; i < times; ++i) {
    config.layers.insert(config.layers.end(), shapes.begin(), shapes.end());
    weights.layers.insert(weights.layers.end(), layers.begin(), layers.end());
  }
  return Model(std::make_shared<const internal::Transformer>(
      config, std::move(weights)));
}

void ExpectNlls(const Model& model,
                const GoldenCase& golden,
                const json& expected) {
  const Tokenizer tokenizer = Tokenizer::Load(golden.model).value();
  const json& sentences = golden.data["sentences"];
  for (size_t i = 0; i < sentences.size(); ++i) {
    std::vector<int32_t> ids =
        tokenizer.Encode(sentences[i].get<std::string>()).value();
    ids.insert(ids.begin(), tokenizer.bos_id());
    const std::vector<float> nlls = model.TokenNlls(ids).value();
    const double mean = std::accumulate(nlls.begin(), nlls.end(), 0.0) /
                        static_cast<double>(nlls.size());
    EXPECT_NEAR(mean, expected[i].get<double>(), kNllTolerance) << i;
  }
  Compared(std::ssize(sentences));
}

// "taylor_p2", "magnitude", ...; the batch size of "taylor_batch5" only scales.
DepthPruneOptions OptionsOf(const std::string& name) {
  DepthPruneOptions options;
  options.num_blocks = 1;
  options.criterion = name.starts_with("magnitude") ? BlockCriterion::kMagnitude
                      : name == "ppl" ? BlockCriterion::kPerplexity
                                      : BlockCriterion::kTaylor;
  if (name.ends_with("_p2")) options.norm_power = 2;
  return options;
}

// The program adds the gradients of each batch's mean loss, so that its scores
// are as many times ours as it has batches.
double ScaleOf(const std::string& name, size_t num_windows) {
  const size_t batch = name.find("_batch");
  if (batch == std::string::npos) return 1;
  return static_cast<double>(num_windows) / std::stod(name.substr(batch + 6));
}

void ExpectScores(const BlockScores& scores, const json& run, double scale) {
  for (const auto& [name, score] : scores.weights) {
    if (!run["weight_score"].contains(name)) {
      ADD_FAILURE() << name << " has no stored score";
      continue;
    }
    const auto expected = run["weight_score"][name].get<double>();
    EXPECT_NEAR(scale * score, expected, kScoreTolerance * expected) << name;
    Compared(1);
  }
  for (size_t i = 0; i < scores.blocks.size(); ++i) {
    const auto expected =
        run["block_score"]["model.layers." + std::to_string(i)].get<double>();
    EXPECT_NEAR(scale * scores.blocks[i], expected, kScoreTolerance * expected)
        << i;
    Compared(1);
  }
}

void ExpectPerplexities(const BlockScores& scores, const json& run) {
  for (size_t i = 0; i < scores.blocks.size(); ++i) {
    const auto expected =
        run["ppl_without_block"][std::to_string(i)].get<double>();
    EXPECT_NEAR(scores.blocks[i], expected, kPerplexityTolerance * expected)
        << i;
    Compared(1);
  }
}

// The order that is left under protection; empty where nothing is.
std::vector<int> ProtectedOrder(const LlamaConfig& config,
                                const std::vector<int>& order,
                                DepthPruneOptions options) {
  const auto free = UnprotectedLayers(config, options);
  if (!free) return {};
  options.num_blocks = static_cast<int>(free->size());
  return ChooseBlocks(config, order, options).value();
}

void ExpectOrders(const LlamaConfig& config,
                  const std::vector<int>& order,
                  const json& run) {
  EXPECT_EQ(json(order), run["order"]);
  DepthPruneOptions plus;
  plus.num_blocks = 1;
  EXPECT_EQ(json(ProtectedOrder(config, order, plus)),
            run["order_plus_rule_real"]);
  DepthPruneOptions ends;
  ends.num_blocks = 1;
  ends.num_protected_first = ends.num_protected_last = 1;
  EXPECT_EQ(json(ProtectedOrder(config, order, ends)),
            run["order_protect_first1_last1_derived"]);
  Compared(std::ssize(order) + 2);
}

// Which old layers may stand in each place: the program cannot tell copies of
// one layer apart.
void ExpectSurvivors(const PruneResult& pruned, const json& survivors) {
  const std::vector<int> kept = KeptLayerIndices(pruned.kept);
  ASSERT_EQ(kept.size(), survivors.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_TRUE(std::ranges::count(survivors[i], json(kept[i])) > 0) << i;
  }
  Compared(std::ssize(kept));
}

// `name` is "plus_k3" or "no_plus_k3".
void ExpectRemoval(const Model& dense,
                   const GoldenCase& golden,
                   const std::vector<int>& order,
                   const std::string& name,
                   const json& removal) {
  SCOPED_TRACE(name);
  DepthPruneOptions options;
  options.num_blocks = std::stoi(name.substr(name.rfind('k') + 1));
  if (name.starts_with("no_plus")) {
    options.num_protected_first = options.num_protected_last = 0;
  }
  auto pruned = PruneDepth(dense, {}, options, order);
  if (removal.contains("requested") && removal["requested"].empty()) {
    // Everything is protected: we refuse, where the program cuts off the end.
    EXPECT_FALSE(pruned);
    options.num_protected_first = options.num_protected_last = 0;
    std::vector<int> last(dense.config().layers.size());
    std::iota(last.rbegin(), last.rend(), 0);
    pruned = PruneDepth(dense, {}, options, last);
  } else {
    const json& removed =
        removal[removal.contains("removed") ? "removed" : "requested"];
    EXPECT_EQ(json(ChooseBlocks(dense.config(), order, options).value()),
              removed);
  }
  ASSERT_TRUE(pruned);
  ExpectSurvivors(*pruned, removal["survivors"]);
  ExpectNlls(pruned->model, golden, removal["nll"]);
}

void CompareRun(const Model& dense,
                const GoldenCase& golden,
                const std::string& name,
                const json& run) {
  SCOPED_TRACE(name);
  const auto windows = golden.data["calibration_ids"].get<TokenWindows>();
  const BlockScores scores =
      ComputeBlockScores(dense, windows, OptionsOf(name)).value();
  if (name == "ppl") {
    ExpectPerplexities(scores, run);
  } else {
    ExpectScores(scores, run, ScaleOf(name, windows.size()));
  }
  const std::vector<int> order = BlockOrder(scores.blocks);
  ExpectOrders(dense.config(), order, run);
  for (const auto& [removal, values] : run["removed"].items()) {
    ExpectRemoval(dense, golden, order, removal, values);
  }
}

TEST(GoldenDepthPruning, AllRunsMatchTheTool) {
  RA_SKIP_WITHOUT_GOLDEN();
  const auto cases = GoldenCases("pruner", "shortened_");
  ASSERT_FALSE(cases.empty());
  for (const GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    const Model plain = Model::Load(golden.model, {}).value();
    for (const auto& [name, depth] :
         {std::pair("plain", 1), std::pair("stack2", 2)}) {
      if (!golden.data.contains(name)) continue;
      SCOPED_TRACE(name);
      const Model dense = Stacked(plain, depth);
      const json& runs = golden.data[name];
      ExpectNlls(dense, golden, runs["nll_dense"]);
      for (const auto& [criterion, run] : runs["criteria"].items()) {
        CompareRun(dense, golden, criterion, run);
      }
    }
  }
}

}  // namespace
}  // namespace rankadaptor::llama
