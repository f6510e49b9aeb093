#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/task.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kTask[] = R"(
name: where
data: where.jsonl
context: "{story}\nQuestion: where is {who}?\nAnswer:"
choices: ["{first}", "{second}"]
gold: answer
)";
constexpr char kData[] =
    R"({"id": 7, "story": "Tom sat.", "who": "Tom", "first": "here",)"
    R"( "second": "there", "answer": 1})";

class TaskFile : public ::testing::Test {
 protected:
  void Write(const char* name, std::string_view contents) {
    ASSERT_TRUE(WriteFileAtomically(folder_ / name, contents));
  }

  Result<Task> Load(std::string_view task, std::string_view data = kData) {
    Write("task.yaml", task);
    Write("where.jsonl", data);
    return LoadTask((folder_ / "task.yaml").string(), "");
  }

  std::string ErrorOf(std::string_view task, std::string_view data = kData) {
    Result<Task> loaded = Load(task, data);
    return loaded ? "no error" : loaded.error().message;
  }

  // kTask without the line that starts with `field`, plus `line`.
  static std::string Replaced(const std::string& field,
                              const std::string& line) {
    std::string text = kTask;
    const size_t begin = text.find("\n" + field + ":") + 1;
    text.erase(begin, text.find('\n', begin) + 1 - begin);
    return text + line + "\n";
  }

  const TemporaryFolder folder_;
};

TEST_F(TaskFile, TemplatesAreFilledFromEachDocument) {
  const Task task = Load(kTask).value();
  EXPECT_EQ(task.name, "where");
  EXPECT_EQ(task.metric, TaskMetric::kAccuracy);
  EXPECT_TRUE(task.reports_normalized_accuracy);
  ASSERT_THAT(task.documents, SizeIs(1));
  const TaskDocument& document = task.documents[0];
  EXPECT_EQ(document.id, "7");
  const std::string context = "Tom sat.\nQuestion: where is Tom?\nAnswer:";
  EXPECT_THAT(
      document.requests,
      ElementsAre(Request{context, " here"}, Request{context, " there"}));
  EXPECT_THAT(document.choice_lengths, ElementsAre(4, 5));
  EXPECT_EQ(document.gold, 1);
}

TEST_F(TaskFile, JsonIsReadToo) {
  Write("where.jsonl", R"({"q": "is it", "a": "yes"})");
  Write("task.json",
        R"({"name": "t", "data": "where.jsonl", "context": "{q}",)"
        R"( "choices": ["no", "yes"], "gold": "a", "metric": "acc_norm"})");
  const Task task = LoadTask((folder_ / "task.json").string(), "").value();
  EXPECT_EQ(task.metric, TaskMetric::kNormalizedAccuracy);
  EXPECT_EQ(task.documents[0].gold, 1);
}

TEST_F(TaskFile, ChoicesMayComeFromAField) {
  const Task task = Load(Replaced("choices", "choices: options"),
                         R"({"story": "s", "who": "w", "answer": "b",)"
                         R"( "options": ["a", "b", "c"]})")
                        .value();
  EXPECT_THAT(task.documents[0].requests, SizeIs(3));
  EXPECT_EQ(task.documents[0].gold, 1);
}

TEST_F(TaskFile, PartialScoringFollowsEachContext) {
  const Task task = Load(
                        "name: t\ndata: where.jsonl\n"
                        "contexts: [\"So {first}\", \"So {second}\"]\n"
                        "continuation: \"won.\"\ngold: answer\n")
                        .value();
  EXPECT_THAT(
      task.documents[0].requests,
      ElementsAre(Request{"So here", " won."}, Request{"So there", " won."}));
  EXPECT_FALSE(task.reports_normalized_accuracy);
}

// --- Bad task files
// --------------------------------------------------------------

TEST_F(TaskFile, TaskWithoutChoicesIsRefused) {
  EXPECT_THAT(ErrorOf(Replaced("choices", "")),
              HasSubstr("task.yaml: choices (or contexts with continuation) is "
                        "missing"));
}

TEST_F(TaskFile, OneChoiceIsRefused) {
  for (const char* choices : {"choices: []", "choices: [a]"}) {
    EXPECT_THAT(ErrorOf(Replaced("choices", choices)),
                HasSubstr("choices is not a list of at least two texts"));
  }
  EXPECT_THAT(ErrorOf(Replaced("choices", "choices: options"),
                      R"({"story": "s", "who": "w", "answer": 0,)"
                      R"( "options": ["a"]})"),
              HasSubstr("where.jsonl:1: options = [\"a\"] has only one"));
}

TEST_F(TaskFile, MissingFieldsAreNamed) {
  for (const char* field : {"name", "data", "context", "gold"}) {
    EXPECT_THAT(ErrorOf(Replaced(field, "")),
                AllOf(HasSubstr("task.yaml: "),
                      HasSubstr(field),
                      HasSubstr("is missing")));
  }
}

TEST_F(TaskFile, UnknownAndRepeatedFieldsAreNamedWithTheirLine) {
  EXPECT_THAT(ErrorOf(std::string(kTask) + "colour: red\n"),
              HasSubstr("task.yaml:7: unknown field \"colour\" (known: name"));
  EXPECT_THAT(ErrorOf(std::string(kTask) + "gold: x\n"),
              HasSubstr("task.yaml:7: gold is given twice"));
}

TEST_F(TaskFile, FieldsThatExcludeEachOtherAreRefused) {
  EXPECT_THAT(ErrorOf(std::string(kTask) + "continuation: x\n"),
              HasSubstr("continuation goes together with contexts only"));
  EXPECT_THAT(ErrorOf(std::string(kTask) + "contexts: [a, b]\n"),
              HasSubstr("context does not go together with contexts"));
}

TEST_F(TaskFile, ContextsNeedAContinuationAndPlainAccuracy) {
  const std::string start =
      "name: t\ndata: where.jsonl\ncontexts: [a, b]\ngold: answer\n";
  EXPECT_THAT(ErrorOf(start), HasSubstr("continuation is missing"));
  EXPECT_THAT(ErrorOf(start + "continuation: c\nmetric: acc_norm\n"),
              HasSubstr("metric = acc_norm goes together with choices only"));
}

TEST_F(TaskFile, NameMustBeFitForAFile) {
  EXPECT_THAT(ErrorOf(Replaced("name", "name: ../x")),
              HasSubstr("name = \"../x\" has characters other than"));
}

TEST_F(TaskFile, MetricMustBeKnown) {
  EXPECT_THAT(ErrorOf(std::string(kTask) + "metric: f1\n"),
              HasSubstr("metric = \"f1\" is not acc or acc_norm"));
}

TEST_F(TaskFile, TemplateErrorsNameTheirField) {
  EXPECT_THAT(ErrorOf(Replaced("context", "context: \"{a\"")),
              AllOf(HasSubstr("task.yaml:"), HasSubstr(": context: ")));
}

TEST_F(TaskFile, WhatIsNotAMappingIsRefused) {
  EXPECT_THAT(ErrorOf("- a\n- b\n"), HasSubstr("is not a mapping"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("is not a mapping"));
  EXPECT_THAT(ErrorOf("a: [\n"), HasSubstr("is not valid YAML"));
  EXPECT_THAT(ErrorOf(Replaced("name", "name: [a]")),
              HasSubstr("name is not a text"));
}

TEST_F(TaskFile, MissingFilesAreNamed) {
  EXPECT_THAT(LoadTask((folder_ / "none.yaml").string(), "").error().message,
              HasSubstr("none.yaml: no such file"));
  EXPECT_THAT(ErrorOf(Replaced("data", "data: other.jsonl")),
              HasSubstr("other.jsonl: no such file"));
}

// --- Bad documents
// ---------------------------------------------------------------

TEST_F(TaskFile, EmptyDataSetIsRefused) {
  EXPECT_THAT(ErrorOf(kTask, "\n"), HasSubstr("where.jsonl: has no documents"));
}

TEST_F(TaskFile, MissingFieldOfADocumentIsNamedWithItsLine) {
  EXPECT_THAT(ErrorOf(kTask, std::string(kData) + "\n{\"story\": \"s\"}\n"),
              HasSubstr("where.jsonl:2: who is missing"));
}

TEST_F(TaskFile, GoldMustNameOneChoice) {
  const std::string start = R"({"story": "s", "who": "w", "first": "a",)";
  EXPECT_THAT(ErrorOf(kTask, start + R"("second": "b", "answer": 2})"),
              HasSubstr("answer = 2 is not an index from 0 to 1"));
  EXPECT_THAT(ErrorOf(kTask, start + R"("second": "b", "answer": "c"})"),
              HasSubstr("answer = \"c\" is not the text of exactly one"));
  EXPECT_THAT(ErrorOf(kTask, start + R"("second": "a", "answer": "a"})"),
              HasSubstr("exactly one choice"));
  EXPECT_THAT(ErrorOf(kTask, start + R"("second": "b"})"),
              HasSubstr("answer is missing"));
}

}  // namespace
}  // namespace rankadaptor::llama
