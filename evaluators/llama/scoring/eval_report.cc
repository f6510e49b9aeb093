#include "rankadaptor/llama/eval_report.h"

#include <ctime>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/file.h"
#include "rankadaptor/common/version.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Texts of TSV files need not be UTF-8.
std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// 2024-05-01T12-30-45.123456, fit for a file name.
std::string FileTime(int64_t unix_microseconds) {
  constexpr int64_t kMicro = 1'000'000;
  const std::time_t seconds = unix_microseconds / kMicro;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const size_t size =
      std::strftime(text, sizeof(text), "%Y-%m-%dT%H-%M-%S", &utc);
  const std::string fraction =
      std::to_string(kMicro + unix_microseconds % kMicro);
  return std::string(text, size) + "." + fraction.substr(1);
}

// --- samples_<task>_<time>.jsonl ------------------------------------------

// {"gen_args_0": {"arg_0": context, "arg_1": continuation}, ...}
Json Arguments(const TaskDocument& document) {
  Json arguments = Json::object();
  for (const Request& request : document.requests) {
    arguments["gen_args_" + std::to_string(arguments.size())] = {
        {"arg_0", request.context}, {"arg_1", request.continuation}};
  }
  return arguments;
}

Json Sample(const TaskDocument& document,
            const DocumentScore& score,
            bool reports_normalized_accuracy) {
  Json filtered = Json::array();
  Json raw = Json::array();
  for (const RequestScore& choice : score.choices) {
    Json pair = Json::array({choice.log_likelihood, choice.is_greedy});
    raw.push_back(Json::array({pair}));
    filtered.push_back(std::move(pair));
  }
  Json sample = {{"doc_id", score.doc_id}};
  if (!document.id.empty()) sample["id"] = document.id;
  sample["doc"] = Json::parse(document.json);
  sample["target"] = score.gold;
  sample["arguments"] = Arguments(document);
  sample["resps"] = std::move(raw);
  sample["filtered_resps"] = std::move(filtered);
  sample["acc"] = score.Correct(TaskMetric::kAccuracy) ? 1.0 : 0.0;
  if (reports_normalized_accuracy) {
    sample["acc_norm"] =
        score.Correct(TaskMetric::kNormalizedAccuracy) ? 1.0 : 0.0;
  }
  return sample;
}

std::string Samples(const ScoredTask& scored) {
  std::string lines;
  for (const DocumentScore& score : scored.scores->documents) {
    const auto doc_id = static_cast<size_t>(score.doc_id);
    lines += Dump(Sample(scored.task->documents[doc_id],
                         score,
                         scored.scores->reports_normalized_accuracy),
                  -1);
    lines += '\n';
  }
  return lines;
}

// --- results_<time>.json
// ------------------------------------------------------

std::vector<TaskMetric> ReportedMetrics(const TaskScores& scores) {
  if (!scores.reports_normalized_accuracy) return {TaskMetric::kAccuracy};
  return {TaskMetric::kAccuracy, TaskMetric::kNormalizedAccuracy};
}

void AddMetric(const std::string& name,
               const MeanEstimate& estimate,
               Json& entry) {
  entry[name + ",none"] = estimate.mean;
  entry[name + "_stderr,none"] = "N/A";
  if (estimate.standard_error) {
    entry[name + "_stderr,none"] = *estimate.standard_error;
  }
}

// The two smooth figures are ours, under names that lm-eval does not use.
Json TaskResults(const TaskScores& scores) {
  Json entry = {{"name", scores.task},
                {"alias", scores.task},
                {"sample_len", scores.documents.size()}};
  for (TaskMetric metric : ReportedMetrics(scores)) {
    AddMetric(TaskMetricName(metric), Accuracy(scores, metric), entry);
  }
  entry["margin,none"] = MeanMargin(scores);
  entry["gold_log_likelihood_per_token,none"] = MeanGoldLogLikelihood(scores);
  return entry;
}

Json TaskConfig(const Task& task, const TaskScores& scores) {
  Json metrics = Json::array();
  for (TaskMetric metric : ReportedMetrics(scores)) {
    metrics.push_back({{"metric", TaskMetricName(metric)},
                       {"aggregation", "mean"},
                       {"higher_is_better", true}});
  }
  return {{"task", task.name},
          {"dataset_path", task.data_file.string()},
          {"output_type", "multiple_choice"},
          {"target_delimiter", " "},
          {"num_fewshot", 0},
          {"metric_list", std::move(metrics)}};
}

// The metric that tables show of each task, and their plain mean (spec 0.12).
Json Summary(std::span<const ScoredTask> tasks) {
  Json table = Json::object();
  double sum = 0;
  for (const ScoredTask& scored : tasks) {
    const TaskScores& scores = *scored.scores;
    const MeanEstimate estimate = Accuracy(scores, scores.metric);
    table[scores.task] = {{"metric", TaskMetricName(scores.metric)},
                          {"value", estimate.mean}};
    if (estimate.standard_error) {
      table[scores.task]["stderr"] = *estimate.standard_error;
    }
    sum += estimate.mean;
  }
  return {{"tasks", std::move(table)},
          {"average", sum / static_cast<double>(tasks.size())}};
}

Json Settings(const EvalSettings& settings) {
  std::string arguments = "pretrained=" + settings.model;
  if (!settings.adapter.empty()) arguments += ",peft=" + settings.adapter;
  arguments += ",dtype=" + settings.dtype;
  arguments += settings.preset == ScoringPreset::k04WithBos
                   ? ",add_bos_token=True"
                   : ",add_bos_token=False";
  Json config = {{"model", "rankadaptor"},
                 {"model_args", std::move(arguments)},
                 {"preset", ScoringPresetName(settings.preset)},
                 {"model_dtype", settings.dtype},
                 {"batch_size", settings.batch_size},
                 {"device", settings.device},
                 {"limit", nullptr},
                 {"bootstrap_iters", nullptr}};
  if (settings.batch_size == 0) config["batch_size"] = "auto";
  if (settings.limit) config["limit"] = *settings.limit;
  return config;
}

// One entry per task under each of lm-eval's headings.
void AddTask(const ScoredTask& scored, Json& report) {
  const auto& [task, scores] = scored;
  const std::string& name = scores->task;
  report["results"][name] = TaskResults(*scores);
  report["group_subtasks"][name] = Json::array();
  report["configs"][name] = TaskConfig(*task, *scores);
  report["versions"][name] = std::stod(task->version);
  report["n-shot"][name] = 0;
  for (TaskMetric metric : ReportedMetrics(*scores)) {
    report["higher_is_better"][name][TaskMetricName(metric)] = true;
  }
  report["n-samples"][name] = {{"original", task->documents.size()},
                               {"effective", scores->documents.size()}};
}

Json Report(std::span<const ScoredTask> tasks,
            const EvalSettings& settings,
            int64_t unix_microseconds) {
  Json report;
  for (const ScoredTask& scored : tasks) AddTask(scored, report);
  report["summary"] = Summary(tasks);
  report["config"] = Settings(settings);
  report["date"] = static_cast<double>(unix_microseconds) * 1e-6;
  report["rankadaptor_version"] = kVersion;
  report["model_name"] = settings.model;
  report["max_length"] = settings.max_length;
  report["total_evaluation_time_seconds"] =
      std::to_string(settings.duration_seconds);
  return report;
}

Status MakeFolder(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (!code) return {};
  return InvalidArgument(folder.string() +
                         ": cannot be made: " + code.message());
}

}  // namespace

Result<EvalFiles> WriteEvalReport(const fs::path& folder,
                                  std::span<const ScoredTask> tasks,
                                  const EvalSettings& settings,
                                  bool log_samples,
                                  const Clock& clock) {
  RA_CHECK(!tasks.empty()) << "a report of no task";
  RA_RETURN_IF_ERROR(MakeFolder(folder));
  const int64_t now = clock.UnixMicroseconds();
  const std::string time = FileTime(now);
  EvalFiles files;
  if (log_samples) {
    for (const ScoredTask& scored : tasks) {
      const fs::path& file = files.samples.emplace_back(
          folder / ("samples_" + scored.scores->task + "_" + time + ".jsonl"));
      RA_RETURN_IF_ERROR(WriteFileAtomically(file, Samples(scored)));
    }
  }
  files.results = folder / ("results_" + time + ".json");
  RA_RETURN_IF_ERROR(WriteFileAtomically(
      files.results, Dump(Report(tasks, settings, now), 2) + "\n"));
  return files;
}

}  // namespace rankadaptor::llama
