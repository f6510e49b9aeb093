// Runs of LLM-Pruner in its default mode (Taylor `param_first`, sum, local, one
// step) repeated from the same calibration ids. Other modes of the same files
// are not compared here.
#include <functional>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>

#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/tokenizer.h"

#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/pruning/couplings.h"
#include "tests/golden/support/golden.h"
#include "tests/golden/support/pruner_run.h"

namespace rankadaptor::llama {
namespace {

using nlohmann::json;
using rankadaptor::testing::Compared;
using rankadaptor::testing::GoldenCase;
using rankadaptor::testing::GoldenCases;
using rankadaptor::testing::KeptOf;

// golden/README: importance 1e-4 relative, NLL 5e-6, losses 1e-5.
constexpr double kImportanceTolerance = 1e-4;
constexpr double kNllTolerance = 5e-6;
constexpr double kLossTolerance = 1e-5;

void ExpectClose(const std::vector<double>& actual, const json& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const auto value = expected[i].get<double>();
    EXPECT_NEAR(actual[i], value, kImportanceTolerance * value) << i;
  }
  Compared(static_cast<int64_t>(actual.size()));
}

void ExpectNlls(const Model& model,
                const GoldenCase& golden,
                const json& expected) {
  const Tokenizer tokenizer = Tokenizer::Load(golden.model).value();
  const json& sentences = golden.data["sentences"];
  ASSERT_EQ(expected.size(), sentences.size());
  for (size_t i = 0; i < sentences.size(); ++i) {
    std::vector<int32_t> ids =
        tokenizer.Encode(sentences[i].get<std::string>()).value();
    ids.insert(ids.begin(), tokenizer.bos_id());
    const std::vector<float> nlls = model.TokenNlls(ids).value();
    const double mean = std::accumulate(nlls.begin(), nlls.end(), 0.0) /
                        static_cast<double>(nlls.size());
    EXPECT_NEAR(mean, expected[i].get<double>(), kNllTolerance) << i;
    Compared(1);
  }
}

// The same model without grouped queries: each KV head repeated for every query
// head that it serves.
Model WithoutGroupedQueries(const Model& model) {
  const c10::NoGradGuard no_gradients;
  LlamaConfig config = model.config();
  internal::Weights weights = model.transformer().weights();
  for (int i = 0; i < config.num_layers(); ++i) {
    LayerShape& shape = config.layers[i];
    for (Projection p : {Projection::kK, Projection::kV}) {
      at::Tensor& weight = weights.layers[i][p];
      weight =
          weight.view({shape.num_kv_heads, config.head_dim, config.hidden_size})
              .repeat_interleave(shape.num_heads / shape.num_kv_heads, 0)
              .reshape({-1, config.hidden_size});
    }
    shape.num_kv_heads = shape.num_heads;
  }
  return Model(std::make_shared<const internal::Transformer>(
      config, std::move(weights)));
}

bool IsDefaultMode(const json& run) {
  return run["kind"] == "taylor" && run["taylor"] == "param_first" &&
         run["grouping"] == "sum" && run["global_pruning"] == false &&
         run["iterative_steps"] == 1;
}

WidthPruneOptions OptionsOf(const json& run, graph::Fold fold) {
  WidthPruneOptions options;
  options.ratio = run["ratio"].get<double>();
  options.attention_layers = options.mlp_layers = {run["layers"][0].get<int>(),
                                                   run["layers"][1].get<int>()};
  options.gqa_fold = fold;
  return options;
}

int64_t NumIndices(const KeptIndices& kept) {
  int64_t count = 0;
  for (const KeptLayer& layer : kept.layers) {
    count += static_cast<int64_t>(layer.q_heads.size() + layer.kv_heads.size() +
                                  layer.mlp_channels.size());
  }
  return count;
}

void ExpectImportance(const Importance& importance, const json& run) {
  if (!run.contains("importance")) return;  // stored for the first ratio only
  for (const auto& [root, expected] : run["importance"].items()) {
    SCOPED_TRACE(root);
    int layer = -1;
    ASSERT_EQ(std::sscanf(root.c_str(), "model.layers.%d.", &layer), 1);
    const LayerImportance& scores = importance.layers.at(layer);
    ExpectClose(
        root.ends_with("gate_proj") ? scores.mlp_channels : scores.kv_channels,
        expected);
  }
}

// The reference names modules and directions where we name weights and axes.
void ExpectGroupMembers(const LlamaConfig& config, const json& run) {
  if (!run.contains("group_members")) return;
  const auto groups = internal::FindLayerGroups(config).value();
  for (const auto& [root, members] : run["group_members"].items()) {
    int layer = -1;
    ASSERT_EQ(std::sscanf(root.c_str(), "model.layers.%d.", &layer), 1);
    const graph::CoupledGroups& ours = root.ends_with("gate_proj")
                                           ? groups[layer].mlp
                                           : groups[layer].attention;
    json actual = json::array();
    for (const graph::GroupMember& member : ours.members) {
      actual.push_back(
          {member.tensor.substr(0, member.tensor.rfind(".weight")),
           member.axis == 0 ? "prune_out_channels" : "prune_in_channels",
           member.size});
    }
    EXPECT_EQ(actual, members) << root;
    Compared(static_cast<int64_t>(members.size()));
  }
}

// Everything that the run of the real program says, under its own fold.
void CompareWithTool(const Model& dense,
                     const GoldenCase& golden,
                     const json& run) {
  const WidthPruneOptions options = OptionsOf(run, graph::Fold::kTiled);
  const auto windows = golden.data["calibration_ids"].get<TokenWindows>();
  const KeptIndices expected = KeptOf(run, dense.config());
  const Importance importance =
      ComputeImportance(dense, windows, options).value();
  EXPECT_NEAR(importance.loss,
              run["calibration"]["loss"].get<double>(),
              kLossTolerance);
  ExpectGroupMembers(dense.config(), run);
  ExpectImportance(importance, run);
  EXPECT_EQ(SelectKept(dense.config(), importance, options).value(), expected);
  EXPECT_EQ(dense.NumParameters(), run["params_before"].get<int64_t>());
  const Model pruned = ApplyKept(dense, expected).value();
  EXPECT_EQ(pruned.NumParameters(), run["params_after"].get<int64_t>());
  ExpectNlls(pruned, golden, run["nll"]);
  Compared(NumIndices(expected) + 3);
}

// The heads under the correct fold, with the tool's channels.
void CompareWithDerived(const Model& dense,
                        const GoldenCase& golden,
                        const std::string& name,
                        const json& run) {
  const WidthPruneOptions options = OptionsOf(run, graph::Fold::kConsecutive);
  const auto windows = golden.data["calibration_ids"].get<TokenWindows>();
  KeptIndices expected = KeptOf(run, dense.config());
  const Importance importance =
      ComputeImportance(dense, windows, options).value();
  for (const auto& [layer, folds] : golden.data["derived"][name].items()) {
    SCOPED_TRACE("layer " + layer);
    const json& derived = folds["consecutive"];
    const size_t i = std::stoul(layer);
    ExpectClose(importance.layers[i].kv_heads, derived["head_scores"]);
    ExpectClose(importance.layers[i].kv_channels, derived["imp"]);
    KeptLayer& entry = expected.layers.at(i);
    derived["kept_kv_heads"].get_to(entry.kv_heads);
    entry.q_heads = QueryHeadsOf(entry.kv_heads, dense.config().layers[i]);
  }
  EXPECT_EQ(SelectKept(dense.config(), importance, options).value(), expected);
  Compared(NumIndices(expected));
  ExpectNlls(ApplyKept(dense, expected).value(),
             golden,
             golden.data["derived_nll"].at(name).at("consecutive"));
}

// Calls `compare(name, run)` for the runs in default mode whose name starts
// with "mha_" or does not, and returns how many there are.
int ForEachRun(
    const GoldenCase& golden,
    bool multi_head,
    const std::function<void(const std::string&, const json&)>& compare) {
  int num_runs = 0;
  for (const auto& [name, run] : golden.data["runs"].items()) {
    if (name.starts_with("mha_") != multi_head || !IsDefaultMode(run)) continue;
    SCOPED_TRACE(name);
    compare(name, run);
    ++num_runs;
  }
  return num_runs;
}

TEST(GoldenPruning, DenseModelMatches) {
  RA_SKIP_WITHOUT_GOLDEN();
  const auto cases = GoldenCases("pruner", "pruner_");
  ASSERT_FALSE(cases.empty());
  for (const GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.name);
    ExpectNlls(Model::Load(golden.model, {}).value(),
               golden,
               golden.data["nll_dense"]);
  }
}

TEST(GoldenPruning, TiledFoldMatchesTheTool) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const GoldenCase& golden : GoldenCases("pruner", "pruner_")) {
    SCOPED_TRACE(golden.name);
    const Model dense = Model::Load(golden.model, {}).value();
    EXPECT_GT(ForEachRun(golden,
                         false,
                         [&](const std::string&, const json& run) {
                           CompareWithTool(dense, golden, run);
                         }),
              0);
  }
}

TEST(GoldenPruning, ConsecutiveFoldMatchesTheDerivedValues) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const GoldenCase& golden : GoldenCases("pruner", "pruner_")) {
    SCOPED_TRACE(golden.name);
    const Model dense = Model::Load(golden.model, {}).value();
    ForEachRun(golden, false, [&](const std::string& name, const json& run) {
      if (!golden.data["derived"].contains(name)) return;
      CompareWithDerived(dense, golden, name, run);
    });
  }
}

TEST(GoldenPruning, MultiHeadModelMatchesTheTool) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const GoldenCase& golden : GoldenCases("pruner", "pruner_")) {
    SCOPED_TRACE(golden.name);
    const Model dense =
        WithoutGroupedQueries(Model::Load(golden.model, {}).value());
    ForEachRun(golden, true, [&](const std::string&, const json& run) {
      CompareWithTool(dense, golden, run);
    });
  }
}

}  // namespace
}  // namespace rankadaptor::llama
