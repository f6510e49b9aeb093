// A Task is a set of multiple-choice questions, as a language model sees them:
// for each choice of a document one Request, a context and the continuation
// whose log-likelihood is the choice's score. Scored by scorer.h.
//
//   RA_ASSIGN_OR_RETURN(Task task, LoadTask("arc_easy", "benchmarks"));
//   RA_ASSIGN_OR_RETURN(Task own, LoadTask("tasks/where.yaml", ""));
//
// The built-in tasks are boolq, piqa, hellaswag, winogrande, arc_easy,
// arc_challenge and openbookqa, worded as lm-evaluation-harness 0.4 words them,
// zero-shot (spec 8.1 to 8.3). Tasks of the user's own come from a task file
// (docs/formats.md), in YAML or JSON:
//
//   name: where                 # letters, digits, _ and -
//   data: where.jsonl           # one JSON object a line, beside this file
//   context: "{story}\nQuestion: {question}\nAnswer:"
//   choices: ["{first}", "{second}"]  # or the name of a field with a list
//   gold: answer                # a field: index from 0, or the choice's text
//   metric: acc_norm            # default acc
//
// or, where the choice stands inside the text and what follows is scored,
// `contexts: [...]` (one per choice) with one `continuation`. {field} is a
// field of the document, {{ and }} are braces. A document may carry an `id`.
//
// Thread-safety: plain values; functions are thread-safe.
#ifndef RANKADAPTOR_LLAMA_TASK_H_
#define RANKADAPTOR_LLAMA_TASK_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama {

// What a model is asked for: log p(continuation | context). The continuation
// carries the delimiter, e.g. " yes".
struct Request {
  std::string context;
  std::string continuation;

  friend bool operator==(const Request&, const Request&) = default;
};

struct TaskDocument {
  std::string id;                 // the data's own id, else empty
  std::string json;               // the document as read, one JSON object
  std::vector<Request> requests;  // one per choice
  // Code points of each choice without the delimiter; acc_norm divides by it.
  std::vector<int64_t> choice_lengths;
  int gold = 0;  // index of the right choice
};

enum class TaskMetric {
  kAccuracy,            // "acc": argmax of the log-likelihoods is gold
  kNormalizedAccuracy,  // "acc_norm": the same, divided by choice_lengths
};
const char* TaskMetricName(TaskMetric metric);

struct Task {
  std::string name;
  std::filesystem::path data_file;
  TaskMetric metric = TaskMetric::kAccuracy;  // what tables report (spec 0.12)
  // False where all choices share one continuation, or the task's metric list
  // has only acc.
  bool reports_normalized_accuracy = false;
  std::string version;
  std::vector<TaskDocument> documents;  // never empty
};

// In the order of the paper's tables.
const std::vector<std::string>& BuiltinTaskNames();

// Loads a built-in task by its name, or a task file by its path (anything that
// ends in .yaml, .yml or .json). Built-in tasks read the split that lm-eval
// evaluates from `data_dir`: boolq/dev.jsonl, piqa/valid.jsonl,
// hellaswag/hellaswag_val.jsonl, winogrande/dev.jsonl, arc/ARC-Easy-Test.jsonl,
// arc/ARC-Challenge-Test.jsonl, openbookqa/test.tsv, or <task>.jsonl in
// `data_dir` itself; in the fields of the original files or of the Hugging Face
// data sets, HellaSwag also already processed (query). Errors name the file,
// the line and the field.
Result<Task> LoadTask(std::string_view name_or_file,
                      const std::filesystem::path& data_dir);

// The documents that drive a search and those that the final table is made of.
// Both ascending, together 0 .. num_documents-1, drawn by the seed.
struct DocumentSplit {
  std::vector<int64_t> search;
  std::vector<int64_t> confirm;
};

// round(search_fraction * num_documents) documents, but never all nor none, go
// to `search`. Requires at least two documents and 0 < search_fraction < 1;
// else kInvalidArgument. The paper's way, all documents for both, is
// AllDocuments() twice.
Result<DocumentSplit> SplitDocuments(int64_t num_documents,
                                     double search_fraction,
                                     uint64_t seed);

// 0 .. num_documents-1.
std::vector<int64_t> AllDocuments(int64_t num_documents);

// The first documents under lm-eval's rule for --limit: a fraction of them,
// rounded up, if 0 < limit < 1, else that many, at most all. kInvalidArgument
// if `limit` is not positive, or above 1 and not whole.
Result<std::vector<int64_t>> FirstDocuments(int64_t num_documents,
                                            double limit);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_TASK_H_
