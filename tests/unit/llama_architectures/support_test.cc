// docs/models.md says what works with which architecture; here each operation
// is done, and the page must say what came out.
#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/architecture.h"
#include "rankadaptor/llama/depth_pruning.h"
#include "rankadaptor/llama/export.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/scorer.h"

#include "evaluators/llama/export/gguf_architecture.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/llama_architectures/golden_models.h"

namespace rankadaptor::llama {
namespace {

using nlohmann::json;
using testing::GoldenModel;
using testing::GoldenModels;
using testing::LargestDifference;

// --- Operations --------------------------------------------------------------

Status Differ(const std::string& what) { return Internal(what + " differ"); }

Status Score(const Model& model, const std::vector<int32_t>& ids) {
  const std::vector<int32_t> context(ids.begin(), ids.end() - 1);
  const std::vector<EncodedRequest> requests = {{context, {ids.back()}},
                                                {context, {1, 2}}};
  RA_ASSIGN_OR_RETURN(auto scores, ScoreRequests(model, nullptr, requests, {}));
  RA_ASSIGN_OR_RETURN(auto nlls, model.TokenNlls(ids));
  if (std::abs(scores[0].log_likelihood + nlls.back()) < 1e-4) return {};
  return Differ("log-likelihoods");
}

Status WidthPrune(const Model& model, const std::vector<int32_t>& ids) {
  WidthPruneOptions options;
  options.ratio = 0.5;
  options.attention_layers = options.mlp_layers = {0, 1};
  RA_ASSIGN_OR_RETURN(PruneResult pruned, Prune(model, {ids}, options));
  return pruned.model.Logits(ids).transform([](const auto&) {});
}

// The model must be the one without the block that went.
Status DepthPrune(const Model& model, const std::vector<int32_t>& ids) {
  DepthPruneOptions options;
  options.num_blocks = 1;
  options.num_protected_first = options.num_protected_last = 0;
  RA_ASSIGN_OR_RETURN(PruneResult pruned, PruneDepth(model, {ids}, options));
  RA_ASSIGN_OR_RETURN(Model expected, ApplyKept(model, pruned.kept));
  RA_ASSIGN_OR_RETURN(auto after, pruned.model.Logits(ids));
  RA_ASSIGN_OR_RETURN(auto reference, expected.Logits(ids));
  const bool one_less =
      pruned.model.config().num_layers() + 1 == model.config().num_layers();
  if (one_less && LargestDifference(after, reference) == 0) return {};
  return Differ("logits");
}

TokenBatch OneRow(const std::vector<int32_t>& ids) {
  TokenBatch batch = {1, static_cast<int64_t>(ids.size()), {}, {}, {}};
  batch.ids.assign(ids.begin(), ids.end());
  batch.labels = batch.ids;
  batch.attention_mask.assign(ids.size(), 1);
  return batch;
}

// The loss must fall, and the merged model must compute what model and adapter
// do.
Status RecoverAndMerge(const Model& model, const std::vector<int32_t>& ids) {
  LoraOptions lora;
  lora.ranks.assign(model.config().layers.size(), 2);
  lora.dropout = 0;
  RA_ASSIGN_OR_RETURN(Adapter initial, Adapter::Create(model, lora, 1));
  RecoveryOptions options;
  options.batch_size = options.micro_batch_size = 1;
  options.steps = 12;
  options.warmup_steps = 0;
  options.learning_rate = 0.01;
  const std::vector<TokenBatch> batches(12, OneRow(ids));
  RA_ASSIGN_OR_RETURN(
      RecoveryResult result,
      RecoverOnBatches(model, initial, std::span(batches), options));
  if (!(result.log.back().loss < 0.9 * result.log.front().loss)) {
    return Internal("the loss did not fall");
  }
  RA_ASSIGN_OR_RETURN(Model merged, Merge(model, result.adapter));
  const std::vector<EncodedRequest> request = {
      {{ids.front()}, {ids.begin() + 1, ids.end()}}};
  RA_ASSIGN_OR_RETURN(auto beside,
                      ScoreRequests(model, &result.adapter, request, {}));
  RA_ASSIGN_OR_RETURN(auto folded, ScoreRequests(merged, nullptr, request, {}));
  const double gap = beside[0].log_likelihood - folded[0].log_likelihood;
  if (std::abs(gap) < 1e-3) return {};
  return Differ("merged and separate log-likelihoods");
}

Status SaveAndLoad(const Model& model, const std::vector<int32_t>& ids) {
  testing::TemporaryFolder folder;
  RA_RETURN_IF_ERROR(model.Save(folder.path(), Dtype::kFloat32));
  RA_ASSIGN_OR_RETURN(Model again, Model::Load(folder.path(), {}));
  RA_ASSIGN_OR_RETURN(auto before, model.Logits(ids));
  RA_ASSIGN_OR_RETURN(auto after, again.Logits(ids));
  if (LargestDifference(before, after) == 0) return {};
  return Differ("logits");
}

// Pruned layers padded to one shape must compute what they did.
Status Pad(const Model& model, const std::vector<int32_t>& ids) {
  KeptIndices kept = KeepEverything(model.config());
  KeptLayer& layer = kept.layers.front();
  layer.kv_heads = {1};
  layer.q_heads = QueryHeadsOf(layer.kv_heads, model.config().layers.front());
  layer.mlp_channels.erase(layer.mlp_channels.begin() + 3);
  RA_ASSIGN_OR_RETURN(Model pruned, ApplyKept(model, kept));
  RA_ASSIGN_OR_RETURN(Model padded, PadToUniformShape(pruned));
  RA_ASSIGN_OR_RETURN(auto before, pruned.Logits(ids));
  RA_ASSIGN_OR_RETURN(auto after, padded.Logits(ids));
  if (LargestDifference(before, after) < 1e-5) return {};
  return Differ("padded and pruned logits");
}

Status Export(const Model& model, const std::vector<int32_t>& ids) {
  RA_RETURN_IF_ERROR(SaveAndLoad(model, ids));
  return Pad(model, ids);
}

struct Operation {
  const char* name;
  std::function<Status(const Model&, const std::vector<int32_t>&)> run;
};
const Operation kOperations[] = {{"score", Score},
                                 {"width-prune", WidthPrune},
                                 {"depth-prune", DepthPrune},
                                 {"recover", RecoverAndMerge},
                                 {"export", Export}};

// --- The page ----------------------------------------------------------------

std::string WhatIsSpecial(const LlamaConfig& config) {
  std::string text;
  const auto add = [&](bool condition, const std::string& what) {
    if (condition) text += (text.empty() ? "" : ", ") + what;
  };
  const LayerShape& layer = config.layers.front();
  add(layer.num_kv_heads != layer.num_heads, "grouped queries");
  add(config.tie_word_embeddings, "tied embeddings");
  add(config.rope_scaling.has_value(), "rope_type `llama3`");
  add(config.attention_bias, "`attention_bias`");
  add(config.mlp_bias, "`mlp_bias`");
  add(config.sliding_window.has_value(), "`sliding_window`");
  add(layer.num_heads * config.head_dim != config.hidden_size,
      "`head_dim` of its own");
  return text.empty() ? "plain" : text;
}

// llama.cpp's architecture for such a model.
std::string GgufName(const LlamaConfig& config) {
  const auto found = internal::FindGgufArchitecture(config);
  if (found) return std::string("`") + found->name + "`";
  const bool padding_helps =
      found.error().message.find("padded") != std::string::npos;
  return padding_helps ? "padded" : "no";
}

// The config with a layer that is narrower than the others.
LlamaConfig WithShapePerLayer(LlamaConfig config) {
  --config.layers.front().intermediate_size;
  return config;
}

std::string OperationsTable() {
  std::string table = "| architecture | with |";
  for (const Operation& operation : kOperations) {
    table += std::string(" ") + operation.name + " |";
  }
  table += " gguf | gguf, pruned |\n|---|---|---|---|---|---|---|---|---|\n";
  for (const GoldenModel& golden : GoldenModels()) {
    const Model model = testing::LoadFormulaModel(golden);
    table += std::string("| ") + model.config().architecture->class_name +
             " | " + WhatIsSpecial(model.config()) + " |";
    for (const Operation& operation : kOperations) {
      const Status status = operation.run(model, golden.ids);
      table += " " + (status ? "yes" : "no: " + status.error().message) + " |";
    }
    table += " " + GgufName(model.config()) + " | " +
             GgufName(WithShapePerLayer(model.config())) + " |\n";
  }
  return table;
}

// Each of them is what a real config.json may say.
const json kRefused[] = {
    {{"model_type", "gemma"}},
    {{"model_type", "qwen2_moe"}},
    {{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4.0}}}},
    {{"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}}},
    {{"model_type", "qwen2"}, {"use_sliding_window", true}},
    {{"model_type", "qwen3"}, {"layer_types", {"sliding_attention"}}},
    {{"model_type", "llama"}, {"sliding_window", 4096}},
    {{"model_type", "mistral"}, {"attention_bias", true}},
    {{"model_type", "qwen3"}, {"mlp_bias", true}},
    {{"hidden_act", "gelu"}},
    {{"partial_rotary_factor", 0.5}},
    {{"quantization_config", {{"quant_method", "gptq"}}}},
};

std::string RefusalsList() {
  std::string list;
  for (const json& changes : kRefused) {
    json config = {{"model_type", "llama"},
                   {"vocab_size", 40},
                   {"hidden_size", 32},
                   {"num_hidden_layers", 1},
                   {"num_attention_heads", 4},
                   {"num_key_value_heads", 4},
                   {"intermediate_size", 8}};
    config.update(changes);
    const auto parsed = ParseLlamaConfig(config.dump(), "config.json");
    list += "- `" + (parsed ? "accepted" : parsed.error().message) + "`\n";
  }
  return list;
}

// `page` with what stands between the marks of `section` replaced.
std::string WithSection(std::string page,
                        const std::string& section,
                        const std::string& text) {
  const size_t begin = page.find("<!-- " + section + ": begin");
  const size_t end = page.find("<!-- " + section + ": end -->");
  EXPECT_TRUE(begin != page.npos && end != page.npos) << section;
  const size_t first = page.find('\n', begin) + 1;
  return page.replace(first, end - first, text);
}

TEST(Support, DocumentationSaysWhatWorksAndWhatIsRefused) {
  SetIntraOpThreads(1);  // more only wait for each other on such models
  const std::string page = ReadFile(MODELS_PAGE).value();
  const std::string expected =
      WithSection(WithSection(page, "operations", OperationsTable()),
                  "refusals",
                  RefusalsList());
  if (std::getenv("RANKADAPTOR_UPDATE_DOCS") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(MODELS_PAGE, expected));
  } else {
    EXPECT_EQ(page, expected) << "RANKADAPTOR_UPDATE_DOCS=1 writes the page";
  }
}

}  // namespace
}  // namespace rankadaptor::llama
