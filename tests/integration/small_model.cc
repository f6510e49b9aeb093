#include "tests/integration/small_model.h"

#include <gtest/gtest.h>

#include "rankadaptor/common/file.h"

#include "tests/integration/program.h"

namespace rankadaptor::testing {
namespace {

constexpr size_t kTextBytes = 30'000;

std::string PretrainConfig(int num_steps) {
  return std::string("schema_revision: 1\ntokenizer: ") + TINYWORLD_FOLDER +
         "/model\n" + R"(
model: {num_layers: 3, hidden_size: 32, num_heads: 4, num_kv_heads: 2,
        intermediate_size: 48, tie_word_embeddings: true,
        max_position_embeddings: 64}
data: {text_file: text.txt, document_separator: "\n"}
warmup_steps: 3
learning_rate: 1e-2
tokens_per_batch: 512
row_length: 32
steps: )" +
         std::to_string(num_steps) + "\n";
}

constexpr char kPruning[] =
    "{width: {ratio: 0.5, attention_layers: {start: 1, end: 3}, mlp_layers: "
    "{start: 1, end: 3}, calibration: {text_file: text.txt, num_windows: 2, "
    "window_tokens: 8}}}\n";
constexpr char kRecovery[] =
    "{data: {text: text.txt, document_separator: \"\\n\", cutoff_length: 32}, "
    "steps: 4, batch_size: 4, learning_rate: 1e-2, warmup_steps: 0}\n";

void Write(const std::filesystem::path& file, const std::string& text) {
  ASSERT_TRUE(WriteFileAtomically(file, text));
}

std::string SearchConfig() {
  return std::string("schema_revision: 1\nseed: 5\nevaluator:\n  llama:\n") +
         "    model: model\n    pruning: " + kPruning +
         "    recovery: " + kRecovery + R"(
    scoring:
      heldout_texts:
        - {name: text, text_file: text.txt, window_tokens: 32, max_windows: 8}
    ranks: {candidates: [2, 4, 8, 12]}
search:
  num_initial_trials: 2
  max_trials: 4
  num_candidates: 16
  num_final_candidates: 16
  hidden_widths: [8]
confirmation: {seeds: 2}
)";
}

}  // namespace

void WriteSmallModel(const std::filesystem::path& folder, int num_steps) {
  const std::filesystem::path tinyworld = TINYWORLD_FOLDER;
  const std::string text = ReadFile(tinyworld / "data/recovery.txt").value();
  Write(folder / "text.txt", text.substr(0, kTextBytes));
  Write(folder / "pretrain.yaml", PretrainConfig(num_steps));
  Write(folder / "prune.yaml",
        std::string("schema_revision: 1\npruning: ") + kPruning);
  Write(folder / "recover.yaml",
        std::string("schema_revision: 1\nrecovery: ") + kRecovery);
  Write(folder / "search.yaml", SearchConfig());
  const ProgramResult trained =
      RunProgram(folder, {"pretrain", "pretrain.yaml", "--out", "model"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
}

}  // namespace rankadaptor::testing
