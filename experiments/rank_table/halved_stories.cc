#include "experiments/rank_table/halved_stories.h"

#include <utility>
#include <vector>

#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/perplexity.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/rank_space.h"
#include "rankadaptor/llama/recovery_data.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;

constexpr LayerRange kHalvedLayers = {1, 4};
constexpr char kModel[] = "models/stories260K";
constexpr char kTrainingText[] = "text/tinystories_train_first2MiB.txt";

struct Text {
  const char* name;  // of the metric
  const char* file;
  int64_t num_windows;
};
constexpr Text kTexts[] = {
    {"tinystories", "text/tinystories_valid_head.txt", 32},
    {"grimm", "text/grimms_fairy_tales.txt", 8},
    {"wikitext", "text/wikitext-2/valid.txt", 8}};

Result<Model> PrunedModel(const fs::path& data, const Tokenizer& tokenizer) {
  RA_ASSIGN_OR_RETURN(const Model dense, Model::Load(data / kModel, {}));
  RA_ASSIGN_OR_RETURN(
      const TokenWindows windows,
      SampleCalibrationWindows(data / kTrainingText,
                               tokenizer,
                               {.num_windows = 32,
                                .window_tokens = 128,
                                .unit = CalibrationUnit::kFile}));
  WidthPruneOptions options;
  options.ratio = 0.5;
  options.attention_layers = options.mlp_layers = kHalvedLayers;
  RA_ASSIGN_OR_RETURN(PruneResult pruned, Prune(dense, windows, options));
  return std::move(pruned.model);
}

Result<SearchSpace> Space(const LlamaConfig& config) {
  RankSpaceOptions options;
  for (int i = kHalvedLayers.begin; i < kHalvedLayers.end; ++i) {
    options.searched_layers.push_back(i);
  }
  return MakeRankSpace(config, options);
}

Result<std::vector<HeldoutText>> Heldout(const fs::path& data,
                                         const Tokenizer& tokenizer) {
  std::vector<HeldoutText> texts;
  for (const Text& text : kTexts) {
    TokenWindowOptions options;
    options.length = 128;
    options.max_windows = text.num_windows;
    RA_ASSIGN_OR_RETURN(auto windows,
                        ReadTokenWindows(data / text.file, tokenizer, options));
    texts.push_back({text.name, std::move(windows)});
  }
  return texts;
}

// Short recoveries: the table has 648 of them.
LlamaEvaluatorOptions Options() {
  LlamaEvaluatorOptions options;
  options.objective = kTexts[0].name;
  options.lora.scale_policy = LoraScalePolicy::kFixedAlphaOverRank;
  options.lora.dropout = 0;
  options.recovery.steps = 24;
  options.recovery.batch_size = options.recovery.micro_batch_size = 6;
  options.recovery.warmup_steps = 2;
  options.recovery.learning_rate = 0.005;
  return options;
}

}  // namespace

Result<std::unique_ptr<LlamaEvaluator>> MakeHalvedStories(
    const fs::path& data) {
  RA_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::Load(data / kModel));
  RA_ASSIGN_OR_RETURN(Model model, PrunedModel(data, tokenizer));
  RA_ASSIGN_OR_RETURN(SearchSpace space, Space(model.config()));
  RA_ASSIGN_OR_RETURN(
      RecoveryData rows,
      LoadText(data / kTrainingText, tokenizer, {.cutoff_length = 64}));
  RA_ASSIGN_OR_RETURN(std::vector<HeldoutText> texts, Heldout(data, tokenizer));
  return LlamaEvaluator::Create({.model = std::move(model),
                                 .tokenizer = std::move(tokenizer),
                                 .space = std::move(space),
                                 .recovery_data = std::move(rows),
                                 .tasks = {},
                                 .heldout_texts = std::move(texts)},
                                Options());
}

std::string RanksText(const SearchSpace& space, const Configuration& x) {
  std::string key;
  const std::vector<double> values = space.Values(x);
  for (int i : space.free_parameters()) {
    key += std::to_string(static_cast<int>(values[i])) + ",";
  }
  return key;
}

std::string LayersText(const SearchSpace& space) {
  std::string text;
  for (int i : space.free_parameters()) text += space.parameter(i).name + ",";
  return text;
}

bool Advance(const SearchSpace& space, Configuration* x) {
  for (int i : space.free_parameters()) {
    if (++x->choices[i] < std::ssize(space.parameter(i).choices)) return true;
    x->choices[i] = 0;
  }
  return false;
}

}  // namespace rankadaptor::llama
