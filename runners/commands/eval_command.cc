#include "runners/commands/eval_command.h"

#include <cmath>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/eval_report.h"
#include "rankadaptor/llama/perplexity.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/task_scores.h"

#include "runners/report/table.h"
#include "runners/terminal/number_format.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

std::string EstimateText(const llama::MeanEstimate& estimate) {
  return FormatScore(estimate.mean) + " +- " +
         FormatScore(estimate.standard_error);
}

Table ScoreTable(const std::vector<llama::TaskScores>& scores) {
  Table table({"task", "documents", "acc", "acc_norm"});
  for (const llama::TaskScores& task : scores) {
    table.AddRow(
        {task.task,
         std::to_string(task.documents.size()),
         EstimateText(llama::Accuracy(task, llama::TaskMetric::kAccuracy)),
         task.reports_normalized_accuracy
             ? EstimateText(llama::Accuracy(
                   task, llama::TaskMetric::kNormalizedAccuracy))
             : "-"});
  }
  return table;
}

// The mean over tasks of the metric that tables report, as the paper's "Avg".
double Average(const std::vector<llama::TaskScores>& scores) {
  double sum = 0;
  for (const llama::TaskScores& task : scores) {
    sum += llama::Accuracy(task, task.metric).mean;
  }
  return sum / static_cast<double>(scores.size());
}

Result<std::vector<llama::Task>> LoadTasks(
    const std::vector<std::string>& names, const fs::path& data_dir) {
  std::vector<llama::Task> tasks;
  for (const std::string& name : names) {
    RA_ASSIGN_OR_RETURN(llama::Task task, llama::LoadTask(name, data_dir));
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace

EvalCommand::EvalCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "eval", "Score a model on tasks or on plain text")) {
  CLI::App& a = app();
  a.add_option("--model", model_, "Hugging Face folder")->required();
  a.add_option("--adapter", adapter_, "PEFT LoRA folder");
  auto* tasks =
      a.add_option(
           "--tasks", tasks_, "Task names or task files, commas between them")
          ->delimiter(',')
          ->allow_extra_args(false);
  a.add_option("--data-dir", data_dir_, "Folder with the benchmark folders");
  a.add_option("--limit",
               limit_,
               "Score the first N documents of each task, or this fraction")
      ->needs(tasks);
  a.add_option("--max-length",
               max_length_,
               "Tokens of an input, or of a window of --perplexity")
      ->check(CLI::Range(2, 10'000'000));
  a.add_option("--dtype", dtype_, "float32 or bfloat16")->capture_default_str();
  a.add_option("--preset",
               preset_,
               "The harness whose tokens are scored: lm_eval_2023_05, "
               "lm_eval_2023_08, lm_eval_0_4_bos_off or lm_eval_0_4_bos_on")
      ->capture_default_str()
      ->needs(tasks);
  a.add_option("--batch-size", batch_size_, "Requests per forward pass")
      ->check(CLI::Range(1, 65'536));
  a.add_option("--device", device_, "cpu or cuda")->capture_default_str();
  a.add_flag("--log-samples", log_samples_, "Write a line per document, too")
      ->needs(tasks);
  a.add_option("--perplexity", text_file_, "Plain text to measure the loss on");
  a.add_option("--out", out_, "Folder for the results")->required();
}

Status EvalCommand::Run(CommandContext& context) {
  if (tasks_.empty() && text_file_.empty()) {
    return InvalidArgument("name --tasks or a file for --perplexity");
  }
  RA_RETURN_IF_ERROR(llama::ParseScoringPreset(preset_));
  std::error_code ignored;
  if (fs::exists(out_, ignored) && !fs::is_directory(out_, ignored)) {
    return InvalidArgument(out_.string() + ": is no folder");
  }
  RA_ASSIGN_OR_RETURN(std::vector<llama::Task> tasks,
                      LoadTasks(tasks_, data_dir_));
  RA_ASSIGN_OR_RETURN(Subject subject, LoadSubject());
  if (!tasks.empty()) RA_RETURN_IF_ERROR(ScoreTasks(tasks, subject, context));
  if (text_file_.empty()) return {};
  return ScoreText(subject, context);
}

Result<EvalCommand::Subject> EvalCommand::LoadSubject() const {
  llama::ModelOptions options;
  RA_ASSIGN_OR_RETURN(options.dtype, llama::ParseDtype(dtype_));
  RA_ASSIGN_OR_RETURN(options.device, llama::ParseDeviceKind(device_));
  RA_RETURN_IF_ERROR(llama::OpenDevice(options.device));
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(model_));
  RA_ASSIGN_OR_RETURN(llama::Model model, llama::Model::Load(model_, options));
  RA_RETURN_IF_ERROR(llama::CheckVocabulary(tokenizer, model.config()));
  Subject subject{std::move(tokenizer), std::move(model), std::nullopt};
  if (!adapter_.empty()) {
    RA_ASSIGN_OR_RETURN(subject.adapter,
                        llama::Adapter::Load(adapter_, subject.model));
  }
  return subject;
}

llama::ScoringOptions EvalCommand::Options(const std::string& what,
                                           CommandContext& context) const {
  return {.max_length = max_length_,
          .batch_size = batch_size_,
          .cancellation = &context.cancellation,
          .progress = [what, &context](double fraction_done) {
            context.terminal.Transient(
                what + ": " +
                std::to_string(static_cast<int>(100 * fraction_done)) + "%");
          }};
}

Result<llama::EncodedTask> EvalCommand::Encode(
    const llama::Task& task,
    const Subject& subject,
    llama::ScoringPreset preset) const {
  const auto num_documents = static_cast<int64_t>(task.documents.size());
  std::vector<int64_t> documents = llama::AllDocuments(num_documents);
  if (limit_.has_value()) {
    RA_ASSIGN_OR_RETURN(documents,
                        llama::FirstDocuments(num_documents, *limit_));
  }
  return llama::EncodeTask(task, documents, subject.tokenizer, preset);
}

Status EvalCommand::ScoreTasks(const std::vector<llama::Task>& tasks,
                               const Subject& subject,
                               CommandContext& context) const {
  RA_ASSIGN_OR_RETURN(const llama::ScoringPreset preset,
                      llama::ParseScoringPreset(preset_));
  const double start = SystemClock().MonotonicSeconds();
  std::vector<llama::TaskScores> scores;
  std::vector<llama::ScoredTask> scored;
  scores.reserve(tasks.size());  // `scored` points into it
  for (const llama::Task& task : tasks) {
    RA_ASSIGN_OR_RETURN(llama::EncodedTask encoded,
                        Encode(task, subject, preset));
    RA_ASSIGN_OR_RETURN(llama::TaskScores of_task,
                        llama::ScoreTask(subject.model,
                                         subject.adapter_or_null(),
                                         encoded,
                                         Options(task.name, context)));
    scores.push_back(std::move(of_task));
    scored.push_back({&task, &scores.back()});
  }
  context.terminal.Transient("");
  const llama::EvalSettings settings{
      .model = model_.string(),
      .adapter = adapter_.string(),
      .dtype = dtype_,
      .device = device_,
      .preset = preset,
      .max_length = max_length_,
      .batch_size = batch_size_,
      .limit = limit_,
      .duration_seconds = SystemClock().MonotonicSeconds() - start};
  RA_ASSIGN_OR_RETURN(llama::EvalFiles files,
                      llama::WriteEvalReport(
                          out_, scored, settings, log_samples_, SystemClock()));
  PrintLine("preset: " + preset_);
  Print(ScoreTable(scores).Text());
  PrintLine("average: " + FormatScore(Average(scores)));
  PrintLine("results: " + files.results.string());
  return {};
}

Status EvalCommand::ScoreText(const Subject& subject,
                              CommandContext& context) const {
  llama::TokenWindowOptions windows_options;
  if (max_length_ > 0) windows_options.length = max_length_;
  RA_ASSIGN_OR_RETURN(
      std::vector<llama::TokenWindow> windows,
      llama::ReadTokenWindows(text_file_, subject.tokenizer, windows_options));
  RA_ASSIGN_OR_RETURN(std::vector<double> losses,
                      llama::WindowLosses(subject.model,
                                          subject.adapter_or_null(),
                                          windows,
                                          Options("perplexity", context)));
  context.terminal.Transient("");
  const llama::MeanEstimate loss = llama::EstimateMean(losses);
  nlohmann::ordered_json json = {{"file", text_file_.string()},
                                 {"num_windows", windows.size()},
                                 {"window_tokens", windows_options.length},
                                 {"loss", loss.mean},
                                 {"loss_stderr", nullptr},
                                 {"perplexity", std::exp(loss.mean)}};
  if (loss.standard_error) json["loss_stderr"] = *loss.standard_error;
  std::error_code ignored;  // the write below says what is wrong
  fs::create_directories(out_, ignored);
  const fs::path file = out_ / "perplexity.json";
  RA_RETURN_IF_ERROR(WriteFileAtomically(file, json.dump(2) + "\n"));
  PrintLine("loss: " + EstimateText(loss) + " nats a token, perplexity " +
            FormatScore(std::exp(loss.mean)) + ", " +
            FormatCount(static_cast<int64_t>(windows.size())) + " windows of " +
            std::to_string(windows_options.length));
  PrintLine("results: " + file.string());
  return {};
}

}  // namespace rankadaptor::runners
