#include "rankadaptor/llama/eval_report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using nlohmann::json;
using rankadaptor::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// 2024-05-01 12:30:45.000123 UTC.
class FixedClock final : public Clock {
 public:
  double MonotonicSeconds() const override { return 0; }
  int64_t UnixMicroseconds() const override { return 1714566645000123; }
};

class EvalReport : public ::testing::Test {
 protected:
  EvalReport() {
    task_.name = "mine";
    task_.version = "1.0";
    task_.metric = TaskMetric::kNormalizedAccuracy;
    task_.reports_normalized_accuracy = true;
    task_.data_file = "data/mine.jsonl";
    task_.documents = {
        {"a7", R"({"q":"x"})", {{"ctx", " no"}, {"ctx", " yes"}}, {2, 3}, 1},
        {"", R"({"q":"y"})", {{"c2", " no"}, {"c2", " yes"}}, {2, 3}, 0}};
    scores_ = {"mine", task_.metric, true, {}};
    scores_.documents = {
        {0, 1, {{-2.5, false, 3, 1}, {-3.0, true, 3, 1}}, {2, 3}},
        {1, 0, {{-1.0, false, 3, 1}, {-4.0, false, 3, 1}}, {2, 3}}};
  }

  EvalFiles Write(bool log_samples) {
    const ScoredTask scored = {&task_, &scores_};
    EvalSettings settings;
    settings.model = "models/small";
    settings.dtype = "float32";
    settings.device = "cpu";
    settings.max_length = 64;
    settings.duration_seconds = 1.5;
    return WriteEvalReport(folder_ / "out",
                           {&scored, 1},
                           settings,
                           log_samples,
                           FixedClock())
        .value();
  }

  json Results() { return json::parse(ReadFile(Write(false).results).value()); }

  const TemporaryFolder folder_;
  Task task_;
  TaskScores scores_;
};

TEST_F(EvalReport, FilesCarryTheTime) {
  const EvalFiles files = Write(true);
  EXPECT_EQ(files.results.filename(),
            "results_2024-05-01T12-30-45.000123.json");
  ASSERT_THAT(files.samples, SizeIs(1));
  EXPECT_EQ(files.samples[0].filename(),
            "samples_mine_2024-05-01T12-30-45.000123.jsonl");
}

TEST_F(EvalReport, SamplesAreWrittenOnRequestOnly) {
  EXPECT_THAT(Write(false).samples, IsEmpty());
}

TEST_F(EvalReport, ResultsHaveLmEvalsKeys) {
  const json report = Results();
  const json& entry = report["results"]["mine"];
  EXPECT_EQ(entry["alias"], "mine");
  EXPECT_EQ(entry["sample_len"], 2);
  // Document 0: -2.5 beats -3, but -1 per character beats -1.25.
  EXPECT_EQ(entry["acc,none"], 0.5);
  EXPECT_EQ(entry["acc_stderr,none"], 0.5);
  EXPECT_EQ(entry["acc_norm,none"], 1.0);
  EXPECT_EQ(entry["acc_norm_stderr,none"], 0.0);
  EXPECT_EQ(report["n-samples"]["mine"],
            json({{"original", 2}, {"effective", 2}}));
  EXPECT_EQ(report["versions"]["mine"], 1.0);
  EXPECT_EQ(report["n-shot"]["mine"], 0);
  EXPECT_EQ(report["higher_is_better"]["mine"]["acc"], true);
  EXPECT_EQ(report["configs"]["mine"]["output_type"], "multiple_choice");
  EXPECT_EQ(report["config"]["model_args"],
            "pretrained=models/small,dtype=float32,add_bos_token=True");
  EXPECT_EQ(report["config"]["preset"], "lm_eval_0_4_bos_on");
  EXPECT_EQ(report["max_length"], 64);
  EXPECT_EQ(report["summary"]["average"], 1.0);
}

TEST_F(EvalReport, OneDocumentHasNoStandardError) {
  scores_.documents.pop_back();
  const json report = Results();
  EXPECT_EQ(report["results"]["mine"]["acc_stderr,none"], "N/A");
  EXPECT_EQ(report["n-samples"]["mine"]["original"], 2);
  EXPECT_EQ(report["n-samples"]["mine"]["effective"], 1);
}

TEST_F(EvalReport, OnlyMetricsOfTheTaskAreReported) {
  scores_.metric = TaskMetric::kAccuracy;
  scores_.reports_normalized_accuracy = false;
  EXPECT_FALSE(Results()["results"]["mine"].contains("acc_norm,none"));
  const std::string lines = ReadFile(Write(true).samples[0]).value();
  EXPECT_THAT(lines, ::testing::Not(HasSubstr("acc_norm")));
}

TEST_F(EvalReport, SamplesHaveOneLinePerDocument) {
  const std::string text = ReadFile(Write(true).samples[0]).value();
  const size_t end = text.find('\n');
  const json first = json::parse(text.substr(0, end));
  EXPECT_EQ(first["doc_id"], 0);
  EXPECT_EQ(first["id"], "a7");
  EXPECT_EQ(first["doc"], json({{"q", "x"}}));
  EXPECT_EQ(first["target"], 1);
  EXPECT_EQ(first["filtered_resps"],
            json::parse("[[-2.5, false], [-3.0, true]]"));
  EXPECT_EQ(first["arguments"]["gen_args_1"],
            json({{"arg_0", "ctx"}, {"arg_1", " yes"}}));
  EXPECT_EQ(first["acc"], 0.0);
  EXPECT_EQ(first["acc_norm"], 1.0);
  const json second = json::parse(text.substr(end + 1));
  EXPECT_EQ(second["doc_id"], 1);
  EXPECT_FALSE(second.contains("id"));
}

TEST_F(EvalReport, FolderThatCannotBeMadeIsNamed) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "file", ""));
  const ScoredTask scored = {&task_, &scores_};
  const auto files = WriteEvalReport(
      folder_ / "file" / "out", {&scored, 1}, {}, false, FixedClock());
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().message, HasSubstr("cannot be made"));
}

}  // namespace
}  // namespace rankadaptor::llama
