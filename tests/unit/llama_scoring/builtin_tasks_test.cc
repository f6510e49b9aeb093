#include <functional>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/task.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class BuiltinTasks : public ::testing::Test {
 protected:
  void Write(const fs::path& name, std::string_view contents) {
    fs::create_directories((data_ / name).parent_path());
    ASSERT_TRUE(WriteFileAtomically(data_ / name, contents));
  }

  TaskDocument Only(const char* task) {
    Result<Task> loaded = LoadTask(task, data_.path());
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    EXPECT_THAT(loaded->documents, SizeIs(1));
    return loaded->documents.at(0);
  }

  std::string ErrorOf(const char* task) {
    Result<Task> loaded = LoadTask(task, data_.path());
    return loaded ? "no error" : loaded.error().message;
  }

  const TemporaryFolder data_;
};

TEST_F(BuiltinTasks, BoolqIsAPassageWithAQuestion) {
  Write("boolq/dev.jsonl",
        R"({"question": "is it so", "answer": true, "passage": "Some text."})");
  const TaskDocument document = Only("boolq");
  const std::string context = "Some text.\nQuestion: is it so?\nAnswer:";
  EXPECT_THAT(document.requests,
              ElementsAre(Request{context, " no"}, Request{context, " yes"}));
  EXPECT_THAT(document.choice_lengths, ElementsAre(2, 3));
  EXPECT_EQ(document.gold, 1);
}

TEST_F(BuiltinTasks, BoolqTakesHuggingFaceLabels) {
  Write("boolq.jsonl", R"({"question": "q", "passage": "p", "label": 0})");
  EXPECT_EQ(Only("boolq").gold, 0);
}

TEST_F(BuiltinTasks, PiqaTakesLabelsFromTheFileBeside) {
  Write("piqa/valid.jsonl",
        R"({"goal": "g", "sol1": "one", "sol2": "two"})"
        "\n");
  Write("piqa/valid-labels.lst", "1\n");
  const TaskDocument document = Only("piqa");
  EXPECT_THAT(document.requests,
              ElementsAre(Request{"Question: g\nAnswer:", " one"},
                          Request{"Question: g\nAnswer:", " two"}));
  EXPECT_EQ(document.gold, 1);
  EXPECT_THAT(document.json, HasSubstr(R"("label":"1")"));
}

TEST_F(BuiltinTasks, PiqaNeedsOneLabelPerDocument) {
  Write("piqa/valid.jsonl", R"({"goal": "g", "sol1": "one", "sol2": "two"})");
  Write("piqa/valid-labels.lst", "1\n0\n");
  EXPECT_THAT(ErrorOf("piqa"), HasSubstr("has 2 labels for the 1 documents"));
}

TEST_F(BuiltinTasks, HellaSwagMayBeProcessedAlready) {
  Write(
      "hellaswag/hellaswag_val.jsonl",
      R"({"line": 0, "query": "A [x]  b", "endings": ["c", "d"], "label": 1})");
  const TaskDocument document = Only("hellaswag");
  EXPECT_THAT(
      document.requests,
      ElementsAre(Request{"A [x]  b", " c"}, Request{"A [x]  b", " d"}));
  EXPECT_EQ(document.gold, 1);
}

TEST_F(BuiltinTasks, HellaSwagsOriginalFieldsAreProcessed) {
  Write("hellaswag.jsonl",
        R"({"activity_label": "Run", "ctx_a": "She ran.", "ctx_b": "he [x]",)"
        R"( "endings": ["fell [title] z", "sat"], "label": "0"})");
  const TaskDocument document = Only("hellaswag");
  EXPECT_THAT(document.requests,
              ElementsAre(Request{"Run: She ran. He ", " fell. z"},
                          Request{"Run: She ran. He ", " sat"}));
  EXPECT_EQ(document.gold, 0);
}

TEST_F(BuiltinTasks, WinograndeScoresWhatFollowsTheOption) {
  Write("winogrande/dev.jsonl",
        R"({"sentence": "So _ won.", "option1": "Ann", "option2": "Bea",)"
        R"( "answer": "2"})");
  const TaskDocument document = Only("winogrande");
  EXPECT_THAT(
      document.requests,
      ElementsAre(Request{"So Ann", " won."}, Request{"So Bea", " won."}));
  EXPECT_EQ(document.gold, 1);
}

TEST_F(BuiltinTasks, WinograndeMayHaveItsAnswersInAFile) {
  Write("winogrande/dev.jsonl",
        R"({"sentence": "_ won.", "option1": "Ann", "option2": "Bea"})");
  Write("winogrande/dev-labels.lst", "1\n");
  EXPECT_EQ(Only("winogrande").gold, 0);
}

TEST_F(BuiltinTasks, ArcComesNestedOrFlat) {
  Write("arc/ARC-Easy-Test.jsonl",
        R"({"id": "Q1", "question": {"stem": "s?", "choices": [)"
        R"({"text": "a", "label": "1"}, {"text": "b", "label": "2"}]},)"
        R"( "answerKey": "2"})");
  Write("arc_challenge.jsonl",
        R"({"id": "Q1", "question": "s?", "choices": {"text": ["a", "b"],)"
        R"( "label": ["1", "2"]}, "answerKey": "2"})");
  for (const char* task : {"arc_easy", "arc_challenge"}) {
    const TaskDocument document = Only(task);
    EXPECT_EQ(document.id, "Q1");
    EXPECT_THAT(document.requests,
                ElementsAre(Request{"Question: s?\nAnswer:", " a"},
                            Request{"Question: s?\nAnswer:", " b"}));
    EXPECT_EQ(document.gold, 1);
  }
}

TEST_F(BuiltinTasks, OpenbookqaReadsTheTable) {
  Write("openbookqa/test.tsv",
        "ID\tQuestion Stem\tChoices\tComplete Question\tAnswer Key\r\n"
        "7-1\tThe sun\t(A) is hot (B) is (C) old (C) is cold\tx\tC\r\n");
  const TaskDocument document = Only("openbookqa");
  EXPECT_EQ(document.id, "7-1");
  EXPECT_THAT(document.requests,
              ElementsAre(Request{"The sun", " is hot"},
                          Request{"The sun", " is"},
                          Request{"The sun", " old (C) is cold"}));
  EXPECT_EQ(document.gold, 2);
}

TEST_F(BuiltinTasks, OpenbookqaReadsHuggingFaceFields) {
  Write("openbookqa.jsonl",
        R"({"question_stem": "The sun", "choices": {"text": ["a", "b"],)"
        R"( "label": ["A", "B"]}, "answerKey": " B"})");
  EXPECT_EQ(Only("openbookqa").gold, 1);
}

TEST_F(BuiltinTasks, MetricsAreThoseOfThePaperTables) {
  for (const std::string& name : BuiltinTaskNames()) {
    Write(
        name + ".jsonl",
        R"({"question": "q", "passage": "p", "label": 0, "goal": "g",)"
        R"( "sol1": "a", "sol2": "b", "query": "q", "endings": ["a", "b"],)"
        R"( "sentence": "_", "option1": "a", "option2": "b", "answer": "1"})");
  }
  Write("boolq.jsonl", R"({"question": "q", "passage": "p", "label": 0})");
  EXPECT_EQ(LoadTask("boolq", data_.path())->metric, TaskMetric::kAccuracy);
  EXPECT_FALSE(LoadTask("boolq", data_.path())->reports_normalized_accuracy);
  EXPECT_EQ(LoadTask("hellaswag", data_.path())->metric,
            TaskMetric::kNormalizedAccuracy);
  EXPECT_TRUE(LoadTask("piqa", data_.path())->reports_normalized_accuracy);
  EXPECT_FALSE(
      LoadTask("winogrande", data_.path())->reports_normalized_accuracy);
}

// --- Bad input
// ----------------------------------------------------------------

TEST_F(BuiltinTasks, MissingFileNamesBothPlaces) {
  EXPECT_THAT(ErrorOf("arc_easy"),
              AllOf(HasSubstr("ARC-Easy-Test.jsonl: no such file"),
                    HasSubstr("arc_easy.jsonl")));
}

TEST_F(BuiltinTasks, EmptyFileHasNoDocuments) {
  Write("boolq.jsonl", "\n \n");
  EXPECT_THAT(ErrorOf("boolq"), HasSubstr("boolq.jsonl: has no documents"));
  Write("openbookqa/test.tsv", "ID\tQuestion Stem\tChoices\tAnswer Key\n");
  EXPECT_THAT(ErrorOf("openbookqa"), HasSubstr("test.tsv: has no documents"));
}

TEST_F(BuiltinTasks, BadLinesAreNamedWithTheirField) {
  const std::string good = R"({"question": "q", "passage": "p", "label": 0})"
                           "\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"passage": "p", "label": 0})", "question is missing"},
      {R"({"question": "q", "passage": "p"})", "label is missing"},
      {R"({"question": "q", "passage": 3, "label": 0})",
       "passage = 3 is not a string"},
      {R"({"question": "q", "passage": "p", "label": 2})",
       "label = 2 is not an index from 0 to 1"},
      {R"({"question": "q", "passage": "p", "answer": "yes"})",
       "answer = \"yes\" is not true or false"},
      {R"(["question"])", "is not a JSON object"},
      {R"({"question": "q")", "is not valid JSON"},
      {"", "is not valid JSON"}};
  for (const auto& [line, expected] : cases) {
    Write("boolq.jsonl", good + line + "\n" + good);
    EXPECT_THAT(ErrorOf("boolq"),
                AllOf(HasSubstr("boolq.jsonl:2: "), HasSubstr(expected)));
  }
}

TEST_F(BuiltinTasks, AnswerKeyMustBeALabel) {
  Write("arc_easy.jsonl",
        R"({"question": "s", "choices": {"text": ["a", "b"],)"
        R"( "label": ["A", "B"]}, "answerKey": "C"})");
  EXPECT_THAT(ErrorOf("arc_easy"),
              HasSubstr("jsonl:1: answerKey = \"C\" is not the label"));
}

TEST_F(BuiltinTasks, NestedChoicesAreChecked) {
  Write("arc_easy.jsonl",
        R"({"question": {"stem": "s", "choices": [{"text": "a"}]},)"
        R"( "answerKey": "A"})");
  EXPECT_THAT(ErrorOf("arc_easy"),
              HasSubstr("jsonl:1: question: choices[0]: label is missing"));
}

TEST_F(BuiltinTasks, LabelsMustMatchTheChoices) {
  Write("arc_easy.jsonl",
        R"({"question": "s", "choices": {"text": ["a", "b"],)"
        R"( "label": ["A"]}, "answerKey": "A"})");
  EXPECT_THAT(ErrorOf("arc_easy"), HasSubstr("has another length than text"));
}

TEST_F(BuiltinTasks, SentenceNeedsABlank) {
  Write("winogrande.jsonl",
        R"({"sentence": "Won.", "option1": "a", "option2": "b",)"
        R"( "answer": "1"})");
  EXPECT_THAT(ErrorOf("winogrande"), HasSubstr("sentence = \"Won.\" has no"));
}

TEST_F(BuiltinTasks, TableRowsAreChecked) {
  const std::string header = "ID\tQuestion Stem\tChoices\tAnswer Key\n";
  Write("openbookqa/test.tsv", header + "1\tq\t(A) a (B) b\n");
  EXPECT_THAT(ErrorOf("openbookqa"), HasSubstr("test.tsv:2: has 3 cells"));
  Write("openbookqa/test.tsv", header + "1\tq\ta or b\tA\n");
  EXPECT_THAT(ErrorOf("openbookqa"),
              HasSubstr("test.tsv:2: Choices = \"a or b\" is not of the form"));
  Write("openbookqa/test.tsv", "ID\tStem\tChoices\tAnswer Key\nx\n");
  EXPECT_THAT(ErrorOf("openbookqa"),
              HasSubstr("test.tsv:1: has no column \"Question Stem\""));
}

}  // namespace
}  // namespace rankadaptor::llama
