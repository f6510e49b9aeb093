#include "rankadaptor/llama/task_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rankadaptor/common/check.h"

namespace rankadaptor::llama {

int DocumentScore::Predicted(TaskMetric metric) const {
  const bool normalized = metric == TaskMetric::kNormalizedAccuracy;
  auto value = [&](size_t i) {
    const double divisor =
        normalized ? static_cast<double>(choice_lengths[i]) : 1.0;
    return divisor > 0 ? choices[i].log_likelihood / divisor
                       : -std::numeric_limits<double>::infinity();
  };
  size_t best = 0;
  for (size_t i = 1; i < choices.size(); ++i) {
    if (value(i) > value(best)) best = i;
  }
  return static_cast<int>(best);
}

double DocumentScore::Margin() const {
  double best_other = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < choices.size(); ++i) {
    if (static_cast<int>(i) == gold) continue;
    best_other = std::max(best_other, choices[i].log_likelihood);
  }
  return choices[static_cast<size_t>(gold)].log_likelihood - best_other;
}

std::vector<double> CorrectPerDocument(const TaskScores& scores,
                                       TaskMetric metric) {
  std::vector<double> values;
  values.reserve(scores.documents.size());
  for (const DocumentScore& document : scores.documents) {
    values.push_back(document.Correct(metric) ? 1 : 0);
  }
  return values;
}

MeanEstimate EstimateMean(std::span<const double> values) {
  RA_CHECK(!values.empty()) << "the mean of nothing";
  const auto n = static_cast<double>(values.size());
  MeanEstimate estimate;
  estimate.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() == 1) return estimate;
  double squares = 0;
  for (double value : values) {
    squares += (value - estimate.mean) * (value - estimate.mean);
  }
  estimate.standard_error = std::sqrt(squares / (n - 1)) / std::sqrt(n);
  return estimate;
}

MeanEstimate Accuracy(const TaskScores& scores, TaskMetric metric) {
  return EstimateMean(CorrectPerDocument(scores, metric));
}

double MeanMargin(const TaskScores& scores) {
  double sum = 0;
  for (const DocumentScore& document : scores.documents) {
    sum += document.Margin();
  }
  return sum / static_cast<double>(scores.documents.size());
}

double MeanGoldLogLikelihood(const TaskScores& scores) {
  double sum = 0;
  for (const DocumentScore& document : scores.documents) {
    const RequestScore& gold =
        document.choices[static_cast<size_t>(document.gold)];
    sum +=
        gold.log_likelihood / static_cast<double>(gold.num_continuation_tokens);
  }
  return sum / static_cast<double>(scores.documents.size());
}

}  // namespace rankadaptor::llama
