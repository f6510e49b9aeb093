// What scoring a task gives, one record per document, and the figures that are
// reported of it (spec 8.7, 8.8).
//
// Thread-safety: plain values; functions are thread-safe.
#ifndef RANKADAPTOR_LLAMA_TASK_SCORES_H_
#define RANKADAPTOR_LLAMA_TASK_SCORES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/llama/task.h"

namespace rankadaptor::llama {

// log p(continuation | context) of one request.
struct RequestScore {
  double log_likelihood = 0;       // nats; sum of fp32 log-probabilities
  bool is_greedy = false;          // each token is the model's first choice
  int64_t num_context_tokens = 0;  // before truncation
  int64_t num_continuation_tokens = 0;  // all of them scored
};

struct DocumentScore {
  int64_t doc_id = 0;  // index in Task::documents
  int gold = 0;
  std::vector<RequestScore> choices;
  std::vector<int64_t> choice_lengths;  // [choices.size()], see TaskDocument

  // The choice with the highest log-likelihood (kAccuracy), or log-likelihood
  // per code point (kNormalizedAccuracy); the first one of equals.
  int Predicted(TaskMetric metric) const;
  bool Correct(TaskMetric metric) const { return Predicted(metric) == gold; }

  // Log-likelihood of gold minus that of the best other choice: above 0 if acc
  // is 1, and a measure of how clearly.
  double Margin() const;
};

struct TaskScores {
  std::string task;
  TaskMetric metric = TaskMetric::kAccuracy;  // what tables report
  bool reports_normalized_accuracy = false;
  std::vector<DocumentScore> documents;
};

// 1 for each document predicted correctly, else 0, in the order of
// `scores.documents`; two of these over the same documents give a paired
// difference.
std::vector<double> CorrectPerDocument(const TaskScores& scores,
                                       TaskMetric metric);

struct MeanEstimate {
  double mean = 0;
  // Sample standard deviation over sqrt(n) (spec 8.8); none for one value.
  std::optional<double> standard_error;
};

// Requires at least one value.
MeanEstimate EstimateMean(std::span<const double> values);

// EstimateMean(CorrectPerDocument()).
MeanEstimate Accuracy(const TaskScores& scores, TaskMetric metric);

// Smooth companions of accuracy, for a search that needs a finer signal than
// how many of some hundred answers were right.
double MeanMargin(const TaskScores& scores);
// Mean over documents of gold's log-likelihood per token.
double MeanGoldLogLikelihood(const TaskScores& scores);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_TASK_SCORES_H_
