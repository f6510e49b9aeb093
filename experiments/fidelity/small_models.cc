#include "experiments/fidelity/small_models.h"

#include <utility>
#include <vector>

#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/perplexity.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/rank_space.h"
#include "rankadaptor/llama/recovery_data.h"

namespace rankadaptor::experiments {
namespace {

namespace fs = std::filesystem;

constexpr char kObjective[] = "heldout";
constexpr int kUniformRank = 8;

struct SmallModel {
  fs::path model;
  fs::path calibration_text;
  fs::path recovery_text;
  fs::path heldout_text;
  std::string document_separator;
  double pruned_share;
  int64_t num_windows;
  int64_t window_length;
  int64_t num_updates;
  int64_t batch_size;
  double learning_rate;
};

Result<SmallModel> Describe(const std::string& name, const fs::path& folder) {
  if (name == "tinyworld") {
    return SmallModel{.model = folder / "model",
                      .calibration_text = folder / "data/calibration.txt",
                      .recovery_text = folder / "data/recovery.txt",
                      .heldout_text = folder / "data/heldout.txt",
                      .document_separator = "\n",
                      .pruned_share = 0.65,
                      .num_windows = 400,
                      .window_length = 16,
                      .num_updates = 60,
                      .batch_size = 8,
                      .learning_rate = 3e-3};
  }
  if (name == "stories260K") {
    const fs::path training = folder / "text/tinystories_train_first2MiB.txt";
    return SmallModel{
        .model = folder / "models/stories260K",
        .calibration_text = training,
        .recovery_text = training,
        .heldout_text = folder / "text/tinystories_valid_head.txt",
        .document_separator = "<|endoftext|>",
        .pruned_share = 0.5,
        .num_windows = 64,
        .window_length = 64,
        .num_updates = 48,
        .batch_size = 6,
        .learning_rate = 5e-3};
  }
  if (name == "stories-12L") {
    const fs::path training = folder / "text/tinystories_train_first2MiB.txt";
    return SmallModel{
        .model = folder / "models/stories-12L",
        .calibration_text = training,
        .recovery_text = training,
        .heldout_text = folder / "text/tinystories_valid_head.txt",
        .document_separator = "<|endoftext|>",
        .pruned_share = 0.28,
        .num_windows = 64,
        .window_length = 64,
        .num_updates = 24,
        .batch_size = 8,
        .learning_rate = 5e-3};
  }
  return InvalidArgument("model '" + name +
                         "' is not tinyworld, stories260K or stories-12L");
}

Result<llama::Model> Pruned(const SmallModel& small,
                            const llama::Model& dense,
                            const llama::Tokenizer& tokenizer) {
  RA_ASSIGN_OR_RETURN(
      const llama::TokenWindows windows,
      llama::SampleCalibrationWindows(small.calibration_text,
                                      tokenizer,
                                      {.num_windows = 32,
                                       .window_tokens = 64,
                                       .unit = llama::CalibrationUnit::kFile}));
  llama::WidthPruneOptions options;
  options.ratio = small.pruned_share;
  options.attention_layers =
      options.mlp_layers = {1, dense.config().num_layers()};
  RA_ASSIGN_OR_RETURN(llama::PruneResult pruned,
                      llama::Prune(dense, windows, options));
  return std::move(pruned.model);
}

// The beginnings, of one length, of held-out documents that are as long.
Result<std::vector<llama::TokenWindow>> Windows(
    const SmallModel& small, const llama::Tokenizer& tokenizer) {
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryData documents,
      llama::LoadText(small.heldout_text,
                      tokenizer,
                      {.cutoff_length = small.window_length,
                       .document_separator = small.document_separator}));
  std::vector<llama::TokenWindow> windows;
  for (llama::TrainingRow& row : documents.rows) {
    if (std::ssize(row.ids) == small.window_length &&
        std::ssize(windows) < small.num_windows) {
      windows.push_back(std::move(row.ids));
    }
  }
  return windows;
}

// With the budget of rank 8 everywhere.
Result<SearchSpace> Space(const llama::LlamaConfig& dense,
                          const llama::LlamaConfig& pruned) {
  llama::RankSpaceOptions options{
      .searched_layers = llama::PrunedLayers(dense, pruned), .dense = dense};
  options.max_adapter_parameters = llama::NumAdapterParameters(
      pruned, std::vector<int>(pruned.num_layers(), kUniformRank));
  return llama::MakeRankSpace(pruned, options);
}

llama::LlamaEvaluatorOptions Options(const SmallModel& small) {
  llama::LlamaEvaluatorOptions options;
  options.objective = kObjective;
  options.fidelities = {kShortTrial, 1};
  options.lora.dropout = 0;
  options.recovery.steps = small.num_updates;
  options.recovery.batch_size = options.recovery.micro_batch_size =
      small.batch_size;
  options.recovery.warmup_steps = 4;
  options.recovery.learning_rate = small.learning_rate;
  return options;
}

class Trialling final : public TrialContext {
 public:
  Trialling(uint64_t seed, double fidelity, ItemSplit split)
      : seed_(seed), fidelity_(fidelity), split_(split) {}
  int64_t trial_id() const override { return 0; }
  uint64_t seed() const override { return seed_; }
  ItemSplit split() const override { return split_; }
  double fidelity() const override { return fidelity_; }
  bool cancelled() const override { return false; }
  void Report(double, double) override {}

 private:
  uint64_t seed_;
  double fidelity_;
  ItemSplit split_;
};

}  // namespace

Result<std::unique_ptr<llama::LlamaEvaluator>> MakeSmallModel(
    const std::string& name, const fs::path& folder) {
  RA_ASSIGN_OR_RETURN(const SmallModel small, Describe(name, folder));
  llama::SetIntraOpThreads(1);  // processor time is noted
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(small.model));
  RA_ASSIGN_OR_RETURN(const llama::Model dense,
                      llama::Model::Load(small.model, {}));
  RA_ASSIGN_OR_RETURN(llama::Model pruned, Pruned(small, dense, tokenizer));
  RA_ASSIGN_OR_RETURN(SearchSpace space,
                      Space(dense.config(), pruned.config()));
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryData rows,
      llama::LoadText(small.recovery_text,
                      tokenizer,
                      {.cutoff_length = 64,
                       .document_separator = small.document_separator}));
  RA_ASSIGN_OR_RETURN(auto windows, Windows(small, tokenizer));
  std::vector<llama::HeldoutText> texts;
  texts.push_back({kObjective, std::move(windows)});
  return llama::LlamaEvaluator::Create({.model = std::move(pruned),
                                        .tokenizer = std::move(tokenizer),
                                        .space = std::move(space),
                                        .recovery_data = std::move(rows),
                                        .tasks = {},
                                        .heldout_texts = std::move(texts)},
                                       Options(small));
}

Result<double> MeasureTrial(llama::LlamaEvaluator& evaluator,
                            const Configuration& configuration,
                            uint64_t seed,
                            double fidelity,
                            ItemSplit split) {
  Trialling trial(seed, fidelity, split);
  RA_ASSIGN_OR_RETURN(const Measurement measurement,
                      evaluator.Evaluate(configuration, trial));
  return measurement.objective;
}

}  // namespace rankadaptor::experiments
