// A small random model with tasks, a text and rows for its evaluator.
#ifndef RANKADAPTOR_TESTS_UNIT_LLAMA_EVALUATOR_EVALUATOR_PARTS_H_
#define RANKADAPTOR_TESTS_UNIT_LLAMA_EVALUATOR_EVALUATOR_PARTS_H_

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/llama_evaluator.h"
#include "rankadaptor/llama/rank_space.h"

#include "tests/support/random_model.h"
#include "tests/support/tiny_tokenizer.h"

namespace rankadaptor::llama {

// A trial that remembers what was reported and cancels when told to.
class FakeTrial final : public TrialContext {
 public:
  explicit FakeTrial(uint64_t seed, ItemSplit split = ItemSplit::kSearch)
      : seed_(seed), split_(split) {}
  int64_t trial_id() const override { return 0; }
  uint64_t seed() const override { return seed_; }
  ItemSplit split() const override { return split_; }
  bool cancelled() const override { return num_reports >= cancel_after; }
  double fidelity() const override { return share; }
  void Report(double fraction_done, double) override {
    EXPECT_GE(fraction_done, last_fraction);
    last_fraction = fraction_done;
    ++num_reports;
  }
  double share = 1;
  int cancel_after = 1 << 30;
  int num_reports = 0;
  double last_fraction = 0;

 private:
  uint64_t seed_;
  ItemSplit split_;
};

inline Task MakeTask(const std::string& name, int num_documents) {
  Task task;
  task.name = name;
  for (int i = 0; i < num_documents; ++i) {
    std::string letter(1, static_cast<char>('a' + i % 26));
    TaskDocument document;
    document.requests = {{"the " + letter, " dog"}, {"the " + letter, " fox"}};
    document.choice_lengths = {3, 3};
    document.gold = i % 2;
    task.documents.push_back(std::move(document));
  }
  return task;
}

inline std::vector<TokenWindow> RandomWindows(int count, int length) {
  RandomStream stream(3, "windows");
  std::vector<TokenWindow> windows(count);
  for (TokenWindow& window : windows) {
    for (int i = 0; i < length; ++i) {
      window.push_back(static_cast<int32_t>(stream.UniformInt(1, 28)));
    }
  }
  return windows;
}

inline RecoveryData RandomRows() {
  RecoveryData data;
  for (const TokenWindow& window : RandomWindows(8, 12)) {
    data.rows.push_back({window, window});
  }
  return data;
}

inline LlamaEvaluatorParts MakeEvaluatorParts() {
  Model model = testing::RandomModel(testing::SmallConfig(), 1);
  SearchSpace space =
      MakeRankSpace(model.config(), {.searched_layers = {0, 2}}).value();
  return {.model = std::move(model),
          .tokenizer = testing::TinyTokenizer(),
          .space = std::move(space),
          .recovery_data = RandomRows(),
          .tasks = {MakeTask("first", 20), MakeTask("second", 10)},
          .heldout_texts = {{"text", RandomWindows(6, 10)}}};
}

inline LlamaEvaluatorOptions MakeEvaluatorOptions() {
  LlamaEvaluatorOptions options;
  options.recovery.batch_size = 4;
  options.recovery.micro_batch_size = 4;
  options.recovery.steps = 4;
  options.recovery.warmup_steps = 1;
  options.recovery.learning_rate = 1e-2;
  return options;
}

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_TESTS_UNIT_LLAMA_EVALUATOR_EVALUATOR_PARTS_H_
