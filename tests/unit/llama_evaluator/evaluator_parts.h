// A small random model with tasks, a text and rows for its evaluator.
#ifndef RANKADAPTOR_TESTS_UNIT_LLAMA_EVALUATOR_EVALUATOR_PARTS_H_
#define RANKADAPTOR_TESTS_UNIT_LLAMA_EVALUATOR_EVALUATOR_PARTS_H_

#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/llama_evaluator.h"
#include "rankadaptor/llama/rank_space.h"

#include "tests/support/random_model.h"
#include "tests/support/tiny_tokenizer.h"

namespace rankadaptor::llama {

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

inline LlamaEvaluatorParts MakeEvaluatorParts() {
  Model model = testing::RandomModel(testing::SmallConfig(), 1);
  SearchSpace space =
      MakeRankSpace(model.config(), {.searched_layers = {0, 2}}).value();
  RecoveryData data;
  for (const TokenWindow& window : RandomWindows(8, 12)) {
    data.rows.push_back({window, window});
  }
  return {.model = std::move(model),
          .tokenizer = testing::TinyTokenizer(),
          .space = std::move(space),
          .recovery_data = std::move(data),
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
