// Recovers stories260K, its three middle layers halved, with every rank vector
// of {2, 4, ..., 12} for these layers and one seed, and writes two rows for
// each as CSV (rankadaptor/table/measured_table.h):
//
//   measure_table DATA SEED FILE
//
// DATA is the folder with models/ and text/. Vectors that FILE already has are
// kept, so that a run that was stopped goes on. A vector is recovered once and
// scored on both splits of the items.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/llama_evaluator.h"
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

Result<std::unique_ptr<LlamaEvaluator>> MakeEvaluator(const fs::path& data) {
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

// "2,4,12," of the searched layers.
std::string KeyOf(const SearchSpace& space, const Configuration& x) {
  std::string key;
  const std::vector<double> values = space.Values(x);
  for (int i : space.free_parameters()) {
    key += std::to_string(static_cast<int>(values[i])) + ",";
  }
  return key;
}

std::string Header(const SearchSpace& space) {
  std::string header;
  for (int i : space.free_parameters()) {
    header += space.parameter(i).name + ",";
  }
  header += "seed,split";
  for (const Text& text : kTexts) header += std::string(",") + text.name;
  return header + "\n";
}

std::string Row(const std::string& key,
                uint64_t seed,
                const char* split,
                const Measurement& measurement) {
  std::string row = key + std::to_string(seed) + "," + split;
  for (const Metric& metric : measurement.metrics) {
    char text[32];
    std::snprintf(text, sizeof text, ",%.5f", metric.value);
    row += text;
  }
  return row + "\n";
}

// The next configuration in counting order; false after the last.
bool Advance(const SearchSpace& space, Configuration* x) {
  for (int i : space.free_parameters()) {
    if (++x->choices[i] < std::ssize(space.parameter(i).choices)) return true;
    x->choices[i] = 0;
  }
  return false;
}

// The keys of the vectors whose two rows are complete.
std::set<std::string> KeysIn(const fs::path& file, uint64_t seed) {
  std::set<std::string> keys;
  std::ifstream stream(file);
  const std::string mark = std::to_string(seed) + ",confirm,";
  for (std::string line; std::getline(stream, line);) {
    const size_t at = line.find(mark);
    if (at != std::string::npos) keys.insert(line.substr(0, at));
  }
  return keys;
}

Status MeasureAll(const fs::path& data, uint64_t seed, const fs::path& file) {
  RA_ASSIGN_OR_RETURN(const auto evaluator, MakeEvaluator(data));
  const SearchSpace& space = evaluator->space();
  const std::set<std::string> done = KeysIn(file, seed);
  std::ofstream out(file, std::ios::app);
  Configuration x{std::vector<int32_t>(space.num_parameters(), 0)};
  do {
    const std::string key = KeyOf(space, x);
    if (done.contains(key)) continue;
    RA_ASSIGN_OR_RETURN(const Adapter adapter, evaluator->Recover(x, seed));
    const auto score = [&](ItemSplit split) {
      return evaluator->Score(evaluator->model(), &adapter, split);
    };
    RA_ASSIGN_OR_RETURN(const Measurement search, score(ItemSplit::kSearch));
    RA_ASSIGN_OR_RETURN(const Measurement confirm, score(ItemSplit::kConfirm));
    if (out.tellp() == 0) out << Header(space);
    out << Row(key, seed, "search", search)
        << Row(key, seed, "confirm", confirm) << std::flush;
  } while (Advance(space, &x));
  return {};
}

}  // namespace
}  // namespace rankadaptor::llama

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: measure_table DATA SEED FILE\n";
    return 2;
  }
  const rankadaptor::Status status =
      rankadaptor::llama::MeasureAll(argv[1], std::stoull(argv[2]), argv[3]);
  if (status) return 0;
  std::cerr << "measure_table: " << status.error().message << "\n";
  return 1;
}
