// Token ids, log-likelihoods and metrics of the real harness.
#include <cmath>

#include "rankadaptor/llama/scorer.h"

#include "tests/golden/scoring/tasks.h"

namespace rankadaptor::testing {
namespace {

using llama::DocumentScore;
using llama::EncodedDocument;
using llama::EncodedTask;
using llama::Model;
using llama::RequestScore;
using llama::Task;
using llama::TaskMetric;
using llama::TaskScores;
using llama::Tokenizer;
using nlohmann::json;

// Another order of fp32 operations moves a sum of log-probabilities by this.
double Tolerance(double log_likelihood) {
  return 1e-4 + 1e-6 * std::abs(log_likelihood);
}

std::vector<GoldenCase> ScoringCases() {
  std::vector<GoldenCase> cases = GoldenCases("lm_eval", "lm_eval_");
  std::erase_if(cases,
                [](const GoldenCase& c) { return !c.data.contains("tasks"); });
  return cases;
}

struct RunName {
  std::string task;
  bool add_bos = true;
};

// "piqa/bos_true".
RunName ParseRunName(const std::string& name) {
  const size_t slash = name.find('/');
  return {name.substr(0, slash), name.substr(slash + 1) == "bos_true"};
}

EncodedTask Encode(const RunName& run, const Tokenizer& tokenizer) {
  Task task = llama::LoadTask(run.task, GoldenDocs()).value();
  const auto all =
      llama::AllDocuments(static_cast<int64_t>(task.documents.size()));
  return llama::EncodeTask(task, all, tokenizer, run.add_bos).value();
}

void ExpectIds(const json& golden, const EncodedDocument& document) {
  if (!golden.contains("ctx_ids")) return;
  for (size_t i = 0; i < document.requests.size(); ++i) {
    EXPECT_EQ(json(document.requests[i].context), golden["ctx_ids"][i]);
    EXPECT_EQ(json(document.requests[i].continuation), golden["cont_ids"][i]);
    Compared(2);
  }
}

TEST(GoldenScores, TokenIdsMatch) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const GoldenCase& c : ScoringCases()) {
    const Tokenizer tokenizer = Tokenizer::Load(c.model).value();
    for (const auto& [name, run] : c.data["tasks"].items()) {
      SCOPED_TRACE(c.name + " " + name);
      const EncodedTask task = Encode(ParseRunName(name), tokenizer);
      for (const json& golden : run["docs"]) {
        ExpectIds(golden, task.documents[golden["doc_id"].get<size_t>()]);
      }
    }
  }
}

// Two choices so close that rounding may decide between them.
bool IsClose(const DocumentScore& document, TaskMetric metric) {
  auto value = [&](size_t i) {
    const double divisor =
        metric == TaskMetric::kAccuracy
            ? 1.0
            : static_cast<double>(document.choice_lengths[i]);
    return document.choices[i].log_likelihood / divisor;
  };
  const auto best = static_cast<size_t>(document.Predicted(metric));
  for (size_t i = 0; i < document.choices.size(); ++i) {
    if (i != best && value(best) - value(i) <
                         2 * Tolerance(document.choices[i].log_likelihood)) {
      return true;
    }
  }
  return false;
}

// Returns how many documents could not be decided.
int ExpectDocument(const json& golden,
                   const DocumentScore& document,
                   bool normalized) {
  SCOPED_TRACE("document " + golden["doc_id"].dump());
  EXPECT_EQ(document.gold, golden["target"]);
  for (size_t i = 0; i < document.choices.size(); ++i) {
    const RequestScore& score = document.choices[i];
    const double expected = golden["ll"][i];
    EXPECT_NEAR(score.log_likelihood, expected, Tolerance(expected));
    EXPECT_EQ(score.is_greedy, golden["greedy"][i]);
    EXPECT_EQ(score.num_context_tokens, golden["n_ctx"][i]);
    EXPECT_EQ(score.num_continuation_tokens, golden["n_cont"][i]);
    Compared(4);
  }
  int undecided = 0;
  auto expect_metric = [&](const char* name, TaskMetric metric) {
    const double value = document.Correct(metric) ? 1 : 0;
    if (value != golden[name] && IsClose(document, metric)) {
      ++undecided;
      return;
    }
    EXPECT_EQ(value, golden[name].get<double>()) << name;
    Compared(1);
  };
  expect_metric("acc", TaskMetric::kAccuracy);
  if (normalized) expect_metric("acc_norm", TaskMetric::kNormalizedAccuracy);
  return undecided;
}

void ExpectMetric(const json& results,
                  const TaskScores& scores,
                  TaskMetric metric) {
  const std::string name = llama::TaskMetricName(metric);
  const llama::MeanEstimate estimate = llama::Accuracy(scores, metric);
  EXPECT_NEAR(estimate.mean, results[name + ",none"], 1e-12);
  EXPECT_NEAR(
      estimate.standard_error.value(), results[name + "_stderr,none"], 1e-12);
  Compared(2);
}

void ExpectRun(const json& run, const TaskScores& scores) {
  int undecided = 0;
  for (const json& golden : run["docs"]) {
    undecided +=
        ExpectDocument(golden,
                       scores.documents[golden["doc_id"].get<size_t>()],
                       scores.reports_normalized_accuracy);
  }
  if (undecided > 0) return;
  ExpectMetric(run["results"], scores, TaskMetric::kAccuracy);
  EXPECT_EQ(scores.reports_normalized_accuracy,
            run["results"].contains("acc_norm,none"));
  if (scores.reports_normalized_accuracy) {
    ExpectMetric(run["results"], scores, TaskMetric::kNormalizedAccuracy);
  }
}

TEST(GoldenScores, LogLikelihoodsAndMetricsMatch) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const GoldenCase& c : ScoringCases()) {
    const Tokenizer tokenizer = Tokenizer::Load(c.model).value();
    const Model model = Model::Load(c.model, {}).value();
    for (const auto& [name, run] : c.data["tasks"].items()) {
      SCOPED_TRACE(c.name + " " + name);
      llama::ScoringOptions options;
      options.max_length = run["max_length"];
      auto scores = llama::ScoreTask(
          model, nullptr, Encode(ParseRunName(name), tokenizer), options);
      ASSERT_TRUE(scores) << scores.error().message;
      ExpectRun(run, *scores);
    }
  }
}

}  // namespace
}  // namespace rankadaptor::testing
