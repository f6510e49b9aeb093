// Token ids, log-likelihoods and metrics of the real harness.
#include <cmath>

#include "rankadaptor/llama/scorer.h"

#include "tests/golden/scoring/tasks.h"

namespace rankadaptor::testing {
namespace {

namespace fs = std::filesystem;

using llama::DocumentScore;
using llama::EncodedDocument;
using llama::EncodedTask;
using llama::Model;
using llama::RequestScore;
using llama::ScoringPreset;
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
  ScoringPreset preset = ScoringPreset::k04WithBos;
};

// "piqa/bos_true".
RunName ParseRunName(const std::string& name) {
  const size_t slash = name.find('/');
  return {name.substr(0, slash),
          name.substr(slash + 1) == "bos_true" ? ScoringPreset::k04WithBos
                                               : ScoringPreset::k04WithoutBos};
}

EncodedTask Encode(const RunName& run, const Tokenizer& tokenizer) {
  Task task = llama::LoadTask(run.task, GoldenDocs()).value();
  const auto all =
      llama::AllDocuments(static_cast<int64_t>(task.documents.size()));
  return llama::EncodeTask(task, all, tokenizer, run.preset).value();
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

std::string OldFileName(ScoringPreset preset, const std::string& model) {
  const char* when = preset == ScoringPreset::k2023May ? "2023-05" : "2023-08";
  return std::string("lm_eval_") + when + "_" + model + ".json";
}

void ExpectSameIds(const EncodedTask& a, const EncodedTask& b) {
  ASSERT_EQ(a.documents.size(), b.documents.size());
  for (size_t i = 0; i < a.documents.size(); ++i) {
    for (size_t k = 0; k < a.documents[i].requests.size(); ++k) {
      const auto& left = a.documents[i].requests[k];
      const auto& right = b.documents[i].requests[k];
      EXPECT_EQ(left.context, right.context) << i << " " << k;
      EXPECT_EQ(left.continuation, right.continuation) << i << " " << k;
      Compared(2);
    }
  }
}

// The old harnesses' log-likelihoods were bit-equal to those of 0.4 without BOS
// for these tokenizers, so the golden file repeats no documents: each preset
// must give what the documents of bos_false say.
TEST(GoldenScores, OldPresetsScoreAsTheyDidWithTheseTokenizers) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const GoldenCase& c : ScoringCases()) {
    const Tokenizer tokenizer = Tokenizer::Load(c.model).value();
    const Model model = Model::Load(c.model, {}).value();
    for (const ScoringPreset preset :
         {ScoringPreset::k2023May, ScoringPreset::k2023August}) {
      const fs::path old =
          GoldenDir() / "lm_eval" / OldFileName(preset, c.name);
      ASSERT_TRUE(fs::exists(old)) << old;
      for (const auto& [task, expected] : ReadJson(old)["tasks"].items()) {
        // One pass over the same ids is one result: where the ids are those of
        // bos_false, so are the scores.
        SCOPED_TRACE(c.name + " " + task + " " + old.filename().string());
        ASSERT_EQ(expected["max_abs_diff_vs_0_4_13_bos_false"], 0.0);
        const EncodedTask then = Encode({task, preset}, tokenizer);
        const EncodedTask now =
            Encode({task, ScoringPreset::k04WithoutBos}, tokenizer);
        ExpectSameIds(then, now);
        if (task != "piqa") continue;
        llama::ScoringOptions options;
        options.max_length = expected["max_length"];
        const auto scores = llama::ScoreTask(model, nullptr, then, options);
        ASSERT_TRUE(scores) << scores.error().message;
        EXPECT_NEAR(llama::Accuracy(*scores, TaskMetric::kAccuracy).mean,
                    expected["acc"],
                    0.005);
        Compared(1);
      }
    }
  }
}

}  // namespace
}  // namespace rankadaptor::testing
