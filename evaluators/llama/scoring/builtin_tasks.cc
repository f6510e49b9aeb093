#include "evaluators/llama/scoring/builtin_tasks.h"

#include <algorithm>
#include <array>
#include <optional>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"

#include "evaluators/llama/scoring/benchmark_text.h"
#include "evaluators/llama/scoring/documents.h"
#include "evaluators/llama/scoring/json_lines.h"
#include "evaluators/llama/scoring/openbookqa_table.h"
#include "evaluators/llama/scoring/text.h"

namespace rankadaptor::llama {
namespace internal {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// --- One document of each benchmark ---------------------------------------

// "answer" is true or false in the original file, "label" 1 or 0 in the
// Hugging Face data set.
Result<int> BoolqGold(const JsonFields& fields) {
  const json* answer = fields.Find("answer");
  if (answer == nullptr) return IndexField(fields, "label", 2);
  if (!answer->is_boolean()) {
    return fields.Refuse("answer", "is not true or false");
  }
  return answer->get<bool>() ? 1 : 0;
}

Result<TaskDocument> ReadBoolq(const JsonFields& fields) {
  static const std::array<std::string, 2> kChoices = {"no", "yes"};
  RA_ASSIGN_OR_RETURN(const std::string passage, TextField(fields, "passage"));
  RA_ASSIGN_OR_RETURN(const std::string question,
                      TextField(fields, "question"));
  RA_ASSIGN_OR_RETURN(const int gold, BoolqGold(fields));
  return ChoicesAfterContext(
      passage + "\nQuestion: " + question + "?\nAnswer:", kChoices, gold);
}

Result<TaskDocument> ReadPiqa(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(const std::string goal, TextField(fields, "goal"));
  std::array<std::string, 2> choices;
  RA_ASSIGN_OR_RETURN(choices[0], TextField(fields, "sol1"));
  RA_ASSIGN_OR_RETURN(choices[1], TextField(fields, "sol2"));
  RA_ASSIGN_OR_RETURN(const int gold, IndexField(fields, "label", 2));
  return ChoicesAfterContext("Question: " + goal + "\nAnswer:", choices, gold);
}

// The fields as the dataset's authors published them (spec 8.2).
Result<TaskDocument> ReadOriginalHellaSwag(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(const std::string activity,
                      TextField(fields, "activity_label"));
  RA_ASSIGN_OR_RETURN(const std::string ctx_a, TextField(fields, "ctx_a"));
  RA_ASSIGN_OR_RETURN(const std::string ctx_b, TextField(fields, "ctx_b"));
  RA_ASSIGN_OR_RETURN(std::vector<std::string> endings,
                      TextListField(fields, "endings"));
  for (std::string& ending : endings) ending = CleanHellaSwagText(ending);
  RA_ASSIGN_OR_RETURN(
      const int gold,
      IndexField(fields, "label", static_cast<int>(endings.size())));
  return ChoicesAfterContext(
      HellaSwagQuery(activity, ctx_a, ctx_b), endings, gold);
}

// A line without ctx_a is processed already: query and endings (or choices).
Result<TaskDocument> ReadHellaSwag(const JsonFields& fields) {
  if (fields.Find("query") == nullptr) return ReadOriginalHellaSwag(fields);
  RA_ASSIGN_OR_RETURN(const std::string query, TextField(fields, "query"));
  const bool has_endings = fields.Find("endings") != nullptr;
  RA_ASSIGN_OR_RETURN(
      const std::vector<std::string> endings,
      TextListField(fields, has_endings ? "endings" : "choices"));
  RA_ASSIGN_OR_RETURN(
      const int gold,
      IndexField(fields, "label", static_cast<int>(endings.size())));
  return ChoicesAfterContext(query, endings, gold);
}

Result<TaskDocument> ReadWinogrande(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(const std::string sentence,
                      TextField(fields, "sentence"));
  RA_ASSIGN_OR_RETURN(const std::string option1, TextField(fields, "option1"));
  RA_ASSIGN_OR_RETURN(const std::string option2, TextField(fields, "option2"));
  RA_ASSIGN_OR_RETURN(const int gold,
                      IndexField(fields, "answer", 2, /*first=*/1));
  const std::optional<WinograndeParts> parts =
      SplitWinograndeSentence(sentence, option1, option2);
  if (!parts) return fields.Refuse("sentence", "has no blank (\"_\")");
  return ContextsBeforeContinuation(parts->contexts, parts->continuation, gold);
}

// A question with lettered or numbered choices, as AI2's files have it.
struct LabelledQuestion {
  std::string stem;
  std::vector<std::string> choices;
  std::vector<std::string> labels;
};

// AI2's own nesting: question = {stem, choices: [{text, label}, ...]}.
Result<LabelledQuestion> ReadNestedQuestion(const JsonFields& question) {
  LabelledQuestion result;
  RA_ASSIGN_OR_RETURN(result.stem, TextField(question, "stem"));
  const json* choices = question.Find("choices");
  if (choices == nullptr) return question.Missing("choices");
  if (!choices->is_array() || choices->empty()) {
    return question.Refuse("choices", "is not a list of text and label");
  }
  for (const json& choice : *choices) {
    const std::string place = question.place() + ": choices[" +
                              std::to_string(result.choices.size()) + "]";
    if (!choice.is_object()) {
      return InvalidArgument(place + " is not an object");
    }
    const JsonFields fields(choice, place);
    RA_ASSIGN_OR_RETURN(result.choices.emplace_back(),
                        TextField(fields, "text"));
    RA_ASSIGN_OR_RETURN(result.labels.emplace_back(),
                        TextField(fields, "label"));
  }
  return result;
}

// The Hugging Face data set's: choices = {text: [...], label: [...]} beside the
// question.
Result<LabelledQuestion> ReadFlatQuestion(const JsonFields& fields,
                                          const char* stem_field) {
  LabelledQuestion result;
  RA_ASSIGN_OR_RETURN(result.stem, TextField(fields, stem_field));
  RA_ASSIGN_OR_RETURN(const JsonFields choices, fields.Nested("choices"));
  RA_ASSIGN_OR_RETURN(result.choices, TextListField(choices, "text"));
  RA_ASSIGN_OR_RETURN(result.labels, TextListField(choices, "label"));
  if (result.choices.size() != result.labels.size()) {
    return choices.Refuse("label", "has another length than text");
  }
  return result;
}

Result<LabelledQuestion> ReadLabelledQuestion(const JsonFields& fields,
                                              const char* stem_field) {
  const json* question = fields.Find("question");
  if (question == nullptr || !question->is_object()) {
    return ReadFlatQuestion(fields, stem_field);
  }
  RA_ASSIGN_OR_RETURN(const JsonFields nested, fields.Nested("question"));
  return ReadNestedQuestion(nested);
}

// Which choice answerKey names; OpenBookQA's keys can begin with a space.
Result<int> AnswerKey(const JsonFields& fields,
                      const std::vector<std::string>& labels) {
  RA_ASSIGN_OR_RETURN(const std::string key, TextField(fields, "answerKey"));
  const auto found = std::ranges::find(labels, StripLeft(key));
  if (found == labels.end()) {
    return fields.Refuse("answerKey", "is not the label of a choice");
  }
  return static_cast<int>(found - labels.begin());
}

Result<TaskDocument> ReadArc(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(const LabelledQuestion question,
                      ReadLabelledQuestion(fields, "question"));
  RA_ASSIGN_OR_RETURN(const int gold, AnswerKey(fields, question.labels));
  return ChoicesAfterContext(
      "Question: " + question.stem + "\nAnswer:", question.choices, gold);
}

Result<TaskDocument> ReadOpenbookqa(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(const LabelledQuestion question,
                      ReadLabelledQuestion(fields, "question_stem"));
  RA_ASSIGN_OR_RETURN(const int gold, AnswerKey(fields, question.labels));
  return ChoicesAfterContext(question.stem, question.choices, gold);
}

// --- The table of tasks -----------------------------------------------------

// Where the right choices are when the documents do not say it themselves: one
// line each, taken for the field.
struct LabelFile {
  const char* name;
  const char* field;
};

struct Benchmark {
  const char* name;
  const char* file;  // below the data folder
  std::optional<LabelFile> labels;
  TaskMetric metric;
  bool reports_normalized_accuracy;
  const char* version;
  Result<TaskDocument> (*read)(const JsonFields& fields);
};

constexpr auto kAcc = TaskMetric::kAccuracy;
constexpr auto kAccNorm = TaskMetric::kNormalizedAccuracy;

// In the order of the paper's tables; metrics as in spec 0.12 and 8.7.
constexpr std::array<Benchmark, 7> kBenchmarks = {{
    {"boolq", "boolq/dev.jsonl", {}, kAcc, false, "2.0", ReadBoolq},
    {"piqa",
     "piqa/valid.jsonl",
     LabelFile{"valid-labels.lst", "label"},
     kAcc,
     true,
     "1.0",
     ReadPiqa},
    {"hellaswag",
     "hellaswag/hellaswag_val.jsonl",
     {},
     kAccNorm,
     true,
     "1.0",
     ReadHellaSwag},
    {"winogrande",
     "winogrande/dev.jsonl",
     LabelFile{"dev-labels.lst", "answer"},
     kAcc,
     false,
     "1.0",
     ReadWinogrande},
    {"arc_easy", "arc/ARC-Easy-Test.jsonl", {}, kAcc, true, "1.0", ReadArc},
    {"arc_challenge",
     "arc/ARC-Challenge-Test.jsonl",
     {},
     kAccNorm,
     true,
     "1.0",
     ReadArc},
    {"openbookqa",
     "openbookqa/test.tsv",
     {},
     kAccNorm,
     true,
     "1.0",
     ReadOpenbookqa},
}};

// --- Loading -----------------------------------------------------------------

Result<fs::path> DataFile(const Benchmark& benchmark,
                          const fs::path& data_dir) {
  const fs::path original = data_dir / benchmark.file;
  const fs::path flat = data_dir / (std::string(benchmark.name) + ".jsonl");
  std::error_code ignored;
  if (fs::is_regular_file(original, ignored)) return original;
  if (fs::is_regular_file(flat, ignored)) return flat;
  return NotFound(original.string() + ": no such file, nor " + flat.string() +
                  " (documents of " + benchmark.name + ")");
}

// Gives each row the label of its line in the label file.
Status AddLabels(const LabelFile& labels,
                 const fs::path& data_file,
                 std::vector<JsonRow>& rows) {
  const fs::path file = data_file.parent_path() / labels.name;
  RA_ASSIGN_OR_RETURN(const std::vector<TextLine> lines, ReadLines(file));
  if (lines.size() != rows.size()) {
    return InvalidArgument(file.string() + ": has " +
                           std::to_string(lines.size()) + " labels for the " +
                           std::to_string(rows.size()) + " documents of " +
                           data_file.string());
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].object[labels.field] = lines[i].text;
  }
  return {};
}

Result<std::vector<JsonRow>> ReadRows(const Benchmark& benchmark,
                                      const fs::path& file) {
  if (file.extension() == ".tsv") return ReadOpenbookqaTable(file);
  RA_ASSIGN_OR_RETURN(std::vector<JsonRow> rows, ReadJsonLines(file));
  if (benchmark.labels && !rows[0].object.contains(benchmark.labels->field)) {
    RA_RETURN_IF_ERROR(AddLabels(*benchmark.labels, file, rows));
  }
  return rows;
}

std::string ListOfNames() {
  std::string names;
  for (const std::string& name : BuiltinTaskNames()) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

Result<Task> LoadBuiltinTask(std::string_view name, const fs::path& data_dir) {
  const auto* benchmark =
      std::ranges::find(kBenchmarks, name, &Benchmark::name);
  if (benchmark == kBenchmarks.end()) {
    return NotFound("task " + Quote(name) + " is not one of " + ListOfNames() +
                    ", nor a task file (*.yaml, *.yml, *.json)");
  }
  Task task;
  task.name = benchmark->name;
  task.metric = benchmark->metric;
  task.reports_normalized_accuracy = benchmark->reports_normalized_accuracy;
  task.version = benchmark->version;
  RA_ASSIGN_OR_RETURN(task.data_file, DataFile(*benchmark, data_dir));
  RA_ASSIGN_OR_RETURN(const std::vector<JsonRow> rows,
                      ReadRows(*benchmark, task.data_file));
  for (const JsonRow& row : rows) {
    RA_ASSIGN_OR_RETURN(TaskDocument document, benchmark->read(row.fields()));
    RA_RETURN_IF_ERROR(Identify(row, document));
    task.documents.push_back(std::move(document));
  }
  return task;
}

}  // namespace internal

const std::vector<std::string>& BuiltinTaskNames() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const internal::Benchmark& benchmark : internal::kBenchmarks) {
      names.emplace_back(benchmark.name);
    }
    return names;
  }();
  return kNames;
}

}  // namespace rankadaptor::llama
