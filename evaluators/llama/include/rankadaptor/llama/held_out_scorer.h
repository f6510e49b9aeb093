// What evaluators of models measure: accuracy on tasks and loss on texts that
// no trial trains on, split into the items that drive the search and those of
// the final table.
//
// Metrics are all "higher is better": a task's is its accuracy (acc or
// acc_norm, as the task says), a held-out text's the mean log-likelihood per
// token in nats, i.e. minus its loss. "average" is the plain mean over the
// tasks; it is a metric only where it is the objective, so that the metrics
// beside the objective say nothing of the target (meta-learning learns from
// them).
//
// Thread-safe once created.
#ifndef RANKADAPTOR_LLAMA_HELD_OUT_SCORER_H_
#define RANKADAPTOR_LLAMA_HELD_OUT_SCORER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/perplexity.h"
#include "rankadaptor/llama/scorer.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::llama {

// A text whose log-likelihood is measured. Its windows are the items.
struct HeldoutText {
  std::string name;  // no task's name
  std::vector<TokenWindow> windows;
};

struct HeldOutOptions {
  // "average", or the name of a task or held-out text.
  std::string objective = "average";
  // The share of each task's documents (and each text's windows) that drives
  // the search; the final table is measured on the others. 1: the same items
  // for both, as the paper does.
  double search_fraction = 0.5;
  // Draws which items are which.
  uint64_t split_seed = 0;
  ScoringPreset preset = ScoringPreset::k04WithBos;
  ScoringOptions scoring;
};

class HeldOutScorer {
 public:
  // Encodes and splits tasks and texts, at least one of them. kInvalidArgument
  // names the option, task or text that does not fit: an objective that is not
  // measured, a name used twice, items too few to split.
  static Result<HeldOutScorer> Create(const std::vector<Task>& tasks,
                                      const std::vector<HeldoutText>& texts,
                                      const Tokenizer& tokenizer,
                                      const HeldOutOptions& options);

  // `adapter` and `cancellation` may be null. With a `share` below 1, in (0,
  // 1], items that drive the search are an even selection of that share of each
  // task's and text's; those of the final table are always all.
  Result<Measurement> Score(const Model& model,
                            const Adapter* adapter,
                            ItemSplit split,
                            const CancellationFlag* cancellation,
                            double share = 1) const;

  // Number of items behind the metrics: documents and windows of the split.
  int64_t num_items(ItemSplit split) const;

 private:
  struct Items {
    std::vector<EncodedTask> tasks;
    std::vector<HeldoutText> texts;
  };

  explicit HeldOutScorer(HeldOutOptions options);
  Status AddTask(const Task& task, const Tokenizer& tokenizer);
  Status AddText(const HeldoutText& text);
  const Items& ItemsOf(ItemSplit split) const;
  static Items Thinned(const Items& items, double share);

  HeldOutOptions options_;
  Items search_;
  Items confirm_;
};

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_HELD_OUT_SCORER_H_
