#include "evaluators/llama/scoring/task_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <yaml-cpp/yaml.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"

#include "evaluators/llama/scoring/documents.h"
#include "evaluators/llama/scoring/json_lines.h"
#include "evaluators/llama/scoring/text_template.h"

namespace rankadaptor::llama::internal {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 8> kKnownFields = {"name",
                                                     "data",
                                                     "context",
                                                     "choices",
                                                     "contexts",
                                                     "continuation",
                                                     "gold",
                                                     "metric"};

// How a task file words its documents. Either `choices` (templates) or
// `choices_field` follow `contexts[0]`, or `continuation` follows each of
// `contexts`.
struct Wording {
  std::vector<TextTemplate> contexts;
  std::vector<TextTemplate> choices;
  std::string choices_field;
  std::optional<TextTemplate> continuation;
  std::string gold_field;
};

// --- The task file -----------------------------------------------------------

// The top level of a task file, for reading and for messages. Nothing here
// throws: yaml-cpp's exceptions are for nodes of another kind than asked for.
class TaskFileReader {
 public:
  TaskFileReader(YAML::Node root, std::string file)
      : root_(std::move(root)), file_(std::move(file)) {}

  Status CheckFields() const {
    if (!root_.IsMap()) return InvalidArgument(file_ + ": is not a mapping");
    std::set<std::string> seen;
    for (const auto& entry : root_) {
      const std::string name = entry.first.Scalar();
      if (std::ranges::find(kKnownFields, name) == kKnownFields.end()) {
        return InvalidArgument(Place(entry.first) + ": unknown field " +
                               Quote(name) + " (known: " + KnownFields() + ")");
      }
      if (!seen.insert(name).second) {
        return InvalidArgument(Place(entry.first) + ": " + name +
                               " is given twice");
      }
    }
    return {};
  }

  bool Has(const char* name) const { return root_[name].IsDefined(); }

  tl::unexpected<Error> Missing(const std::string& what) const {
    return InvalidArgument(file_ + ": " + what + " is missing");
  }

  tl::unexpected<Error> Refuse(const char* name, std::string_view what) const {
    return InvalidArgument(Place(root_[name]) + ": " + name + " " +
                           std::string(what));
  }

  bool IsText(const char* name) const { return root_[name].IsScalar(); }

  Result<std::string> Text(const char* name) const {
    if (!Has(name)) return Missing(name);
    const YAML::Node node = root_[name];
    if (!node.IsScalar() || node.Scalar().empty()) {
      return Refuse(name, "is not a text");
    }
    return node.Scalar();
  }

  Result<TextTemplate> Template(const char* name) const {
    RA_ASSIGN_OR_RETURN(const std::string text, Text(name));
    return ParseTemplate(name, root_[name]);
  }

  // At least two, because one choice is no choice.
  Result<std::vector<TextTemplate>> Templates(const char* name) const {
    const YAML::Node node = root_[name];
    if (!node.IsSequence() || node.size() < 2) {
      return Refuse(name, "is not a list of at least two texts");
    }
    std::vector<TextTemplate> templates;
    for (const auto& element : node) {
      if (!element.IsScalar()) return Refuse(name, "is not a list of texts");
      RA_ASSIGN_OR_RETURN(templates.emplace_back(),
                          ParseTemplate(name, element));
    }
    return templates;
  }

 private:
  std::string Place(const YAML::Node& node) const {
    return file_ + ":" + std::to_string(node.Mark().line + 1);
  }

  static std::string KnownFields() {
    std::string names;
    for (const char* name : kKnownFields) {
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    return names;
  }

  Result<TextTemplate> ParseTemplate(const char* name,
                                     const YAML::Node& node) const {
    Result<TextTemplate> parsed = TextTemplate::Parse(node.Scalar());
    if (!parsed) {
      return InContext(Place(node) + ": " + name, std::move(parsed).error());
    }
    return parsed;
  }

  YAML::Node root_;
  std::string file_;
};

Result<YAML::Node> ParseYaml(const std::string& text, const fs::path& file) {
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    return InvalidArgument(file.string() + ":" +
                           std::to_string(error.mark.line + 1) +
                           ": is not valid YAML: " + error.msg);
  }
}

// The name goes into file names.
Result<std::string> ReadName(const TaskFileReader& reader) {
  RA_ASSIGN_OR_RETURN(const std::string name, reader.Text("name"));
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  if (!plain) {
    return reader.Refuse("name",
                         "= " + Quote(name) +
                             " has characters other than letters, digits, _ "
                             "and -");
  }
  return name;
}

Result<TaskMetric> ReadMetric(const TaskFileReader& reader) {
  if (!reader.Has("metric")) return TaskMetric::kAccuracy;
  RA_ASSIGN_OR_RETURN(const std::string name, reader.Text("metric"));
  for (TaskMetric metric :
       {TaskMetric::kAccuracy, TaskMetric::kNormalizedAccuracy}) {
    if (name == TaskMetricName(metric)) return metric;
  }
  return reader.Refuse("metric",
                       "= " + Quote(name) + " is not acc or acc_norm");
}

Status ReadPartialWording(const TaskFileReader& reader, Wording& wording) {
  for (const char* name : {"context", "choices"}) {
    if (reader.Has(name)) {
      return reader.Refuse(name, "does not go together with contexts");
    }
  }
  RA_ASSIGN_OR_RETURN(wording.contexts, reader.Templates("contexts"));
  RA_ASSIGN_OR_RETURN(wording.continuation, reader.Template("continuation"));
  return {};
}

Status ReadChoiceWording(const TaskFileReader& reader, Wording& wording) {
  if (reader.Has("continuation")) {
    return reader.Refuse("continuation", "goes together with contexts only");
  }
  RA_ASSIGN_OR_RETURN(wording.contexts.emplace_back(),
                      reader.Template("context"));
  if (!reader.Has("choices")) {
    return reader.Missing("choices (or contexts with continuation)");
  }
  if (reader.IsText("choices")) {
    RA_ASSIGN_OR_RETURN(wording.choices_field, reader.Text("choices"));
    return {};
  }
  RA_ASSIGN_OR_RETURN(wording.choices, reader.Templates("choices"));
  return {};
}

Result<Wording> ReadWording(const TaskFileReader& reader) {
  Wording wording;
  if (reader.Has("contexts")) {
    RA_RETURN_IF_ERROR(ReadPartialWording(reader, wording));
  } else {
    RA_RETURN_IF_ERROR(ReadChoiceWording(reader, wording));
  }
  RA_ASSIGN_OR_RETURN(wording.gold_field, reader.Text("gold"));
  return wording;
}

// --- The documents
// -------------------------------------------------------------

Result<std::vector<std::string>> RenderAll(
    const std::vector<TextTemplate>& templates, const JsonFields& fields) {
  std::vector<std::string> texts;
  for (const TextTemplate& text : templates) {
    RA_ASSIGN_OR_RETURN(texts.emplace_back(), text.Render(fields));
  }
  return texts;
}

Result<std::vector<std::string>> Choices(const Wording& wording,
                                         const JsonFields& fields) {
  if (wording.choices_field.empty()) return RenderAll(wording.choices, fields);
  const char* name = wording.choices_field.c_str();
  RA_ASSIGN_OR_RETURN(std::vector<std::string> choices,
                      TextListField(fields, name));
  if (choices.size() < 2) return fields.Refuse(name, "has only one choice");
  return choices;
}

// A text names the one choice that equals it; everything else is an index.
Result<int> Gold(const Wording& wording,
                 const std::vector<std::string>& choices,
                 const JsonFields& fields) {
  const char* name = wording.gold_field.c_str();
  const nlohmann::json* gold = fields.Find(name);
  const bool is_text =
      gold != nullptr && gold->is_string() && !wording.continuation;
  if (!is_text) {
    return IndexField(fields, name, static_cast<int>(choices.size()));
  }
  const auto& text = gold->get_ref<const std::string&>();
  if (std::ranges::count(choices, text) != 1) {
    return fields.Refuse(name, "is not the text of exactly one choice");
  }
  return static_cast<int>(std::ranges::find(choices, text) - choices.begin());
}

Result<TaskDocument> ReadDocument(const Wording& wording,
                                  const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(const std::vector<std::string> contexts,
                      RenderAll(wording.contexts, fields));
  if (wording.continuation) {
    RA_ASSIGN_OR_RETURN(const std::string continuation,
                        wording.continuation->Render(fields));
    RA_ASSIGN_OR_RETURN(const int gold, Gold(wording, contexts, fields));
    return ContextsBeforeContinuation(contexts, continuation, gold);
  }
  RA_ASSIGN_OR_RETURN(const std::vector<std::string> choices,
                      Choices(wording, fields));
  RA_ASSIGN_OR_RETURN(const int gold, Gold(wording, choices, fields));
  return ChoicesAfterContext(contexts[0], choices, gold);
}

Status ReadDocuments(const Wording& wording, Task& task) {
  RA_ASSIGN_OR_RETURN(const std::vector<JsonRow> rows,
                      ReadJsonLines(task.data_file));
  for (const JsonRow& row : rows) {
    RA_ASSIGN_OR_RETURN(TaskDocument document,
                        ReadDocument(wording, row.fields()));
    RA_RETURN_IF_ERROR(Identify(row, document));
    task.documents.push_back(std::move(document));
  }
  return {};
}

}  // namespace

Result<Task> LoadTaskFile(const fs::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  RA_ASSIGN_OR_RETURN(YAML::Node root, ParseYaml(text, file));
  const TaskFileReader reader(std::move(root), file.string());
  RA_RETURN_IF_ERROR(reader.CheckFields());
  Task task;
  task.version = "1.0";
  RA_ASSIGN_OR_RETURN(task.name, ReadName(reader));
  RA_ASSIGN_OR_RETURN(task.metric, ReadMetric(reader));
  RA_ASSIGN_OR_RETURN(const Wording wording, ReadWording(reader));
  task.reports_normalized_accuracy = !wording.continuation.has_value();
  if (task.metric == TaskMetric::kNormalizedAccuracy &&
      !task.reports_normalized_accuracy) {
    return reader.Refuse("metric",
                         "= acc_norm goes together with choices only");
  }
  RA_ASSIGN_OR_RETURN(const std::string data, reader.Text("data"));
  task.data_file = file.parent_path() / data;
  RA_RETURN_IF_ERROR(ReadDocuments(wording, task));
  return task;
}

}  // namespace rankadaptor::llama::internal
