#include "runners/llama/configured_scoring.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

constexpr char kAverage[] = "average";

bool IsTaskFile(const std::string& name) {
  const fs::path extension = fs::path(name).extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

Result<llama::Task> LoadOneTask(const std::string& name,
                                const v1::Scoring& scoring,
                                const ConfigField& field) {
  if (IsTaskFile(name))
    return llama::LoadTask(field.Resolve(name).string(), "");
  return llama::LoadTask(name, field.Resolve(scoring.data_dir()));
}

// The first documents only, if there is a limit.
Status Shorten(const v1::Scoring& scoring, llama::Task& task) {
  if (!scoring.has_limit()) return {};
  RA_ASSIGN_OR_RETURN(
      std::vector<int64_t> first,
      llama::FirstDocuments(std::ssize(task.documents), scoring.limit()));
  task.documents.resize(first.size());
  return {};
}

}  // namespace

Result<std::vector<llama::Task>> LoadTasks(const v1::Scoring& scoring,
                                           const ConfigField& field) {
  std::vector<llama::Task> tasks;
  for (int i = 0; i < scoring.tasks_size(); ++i) {
    auto task = LoadOneTask(scoring.tasks(i), scoring, field);
    if (!task) return field["tasks"][i].In(task.error());
    RA_RETURN_IF_ERROR(Shorten(scoring, *task));
    tasks.push_back(*std::move(task));
  }
  return tasks;
}

Status CheckHeldoutTexts(const v1::Scoring& scoring, const ConfigField& field) {
  if (scoring.tasks_size() == 0 && scoring.heldout_texts_size() == 0) {
    return field.Invalid("needs tasks or heldout_texts");
  }
  if (scoring.has_bos() && scoring.has_preset()) {
    return field["bos"].Invalid("is not allowed beside preset, which says it");
  }
  for (int i = 0; i < scoring.heldout_texts_size(); ++i) {
    RA_RETURN_IF_ERROR(field["heldout_texts"][i]["text_file"].CheckIsFile(
        scoring.heldout_texts(i).text_file()));
  }
  return {};
}

llama::TokenWindowOptions TokenWindowOptionsFrom(const v1::HeldoutText& text) {
  llama::TokenWindowOptions options;
  if (text.has_window_tokens()) options.length = text.window_tokens();
  if (text.has_max_windows()) options.max_windows = text.max_windows();
  return options;
}

Result<std::vector<llama::HeldoutText>> LoadHeldoutTexts(
    const v1::Scoring& scoring,
    const ConfigField& field,
    const llama::Tokenizer& tokenizer) {
  std::vector<llama::HeldoutText> texts;
  for (int i = 0; i < scoring.heldout_texts_size(); ++i) {
    const v1::HeldoutText& text = scoring.heldout_texts(i);
    auto windows = llama::ReadTokenWindows(field.Resolve(text.text_file()),
                                           tokenizer,
                                           TokenWindowOptionsFrom(text));
    if (!windows) return field["heldout_texts"][i].In(windows.error());
    texts.push_back({text.name(), *std::move(windows)});
  }
  return texts;
}

Result<ScoredObjective> ObjectiveFrom(const std::string& objective,
                                      const v1::Scoring& scoring,
                                      const std::vector<llama::Task>& tasks,
                                      const ConfigField& field) {
  const auto& texts = scoring.heldout_texts();
  std::string metric = objective;
  if (metric.empty()) {
    metric = tasks.empty() && !texts.empty() ? texts[0].name() : kAverage;
  }
  for (const v1::HeldoutText& text : texts) {
    if (text.name() != metric) continue;
    return ScoredObjective{
        metric, {.name = "loss on " + text.name(), .minimised = true}};
  }
  const bool known =
      metric == kAverage
          ? !tasks.empty()
          : std::ranges::find(tasks, metric, &llama::Task::name) != tasks.end();
  if (known) {
    // Scores under different presets are not comparable.
    return ScoredObjective{
        metric,
        {.name = metric + " under " +
                 llama::ScoringPresetName(ScoringPresetFrom(scoring)),
         .minimised = false}};
  }
  return field.Invalid(
      "= " + metric +
      "; allowed: average (of the tasks) or the name of a task or of a "
      "held-out text that is scored");
}

llama::HeldOutOptions HeldOutOptionsFrom(const v1::Scoring& scoring,
                                         const std::string& metric) {
  llama::HeldOutOptions options;
  options.objective = metric;
  if (scoring.has_search_fraction()) {
    options.search_fraction = scoring.search_fraction();
  }
  options.split_seed = scoring.split_seed();
  options.preset = ScoringPresetFrom(scoring);
  options.scoring = ScoringOptionsFrom(scoring);
  return options;
}

Result<llama::HeldOutScorer> MakeHeldOutScorer(
    const v1::Scoring& scoring,
    const ConfigField& field,
    const std::string& metric,
    const std::vector<llama::Task>& tasks,
    const llama::Tokenizer& tokenizer) {
  RA_ASSIGN_OR_RETURN(const std::vector<llama::HeldoutText> texts,
                      LoadHeldoutTexts(scoring, field, tokenizer));
  auto scorer = llama::HeldOutScorer::Create(
      tasks, texts, tokenizer, HeldOutOptionsFrom(scoring, metric));
  if (!scorer) return field.In(scorer.error());
  return scorer;
}

llama::ScoringPreset ScoringPresetFrom(const v1::Scoring& scoring) {
  if (scoring.has_bos() && !scoring.bos()) {
    return llama::ScoringPreset::k04WithoutBos;
  }
  switch (scoring.preset()) {
    case v1::SCORING_PRESET_LM_EVAL_2023_05:
      return llama::ScoringPreset::k2023May;
    case v1::SCORING_PRESET_LM_EVAL_2023_08:
      return llama::ScoringPreset::k2023August;
    case v1::SCORING_PRESET_LM_EVAL_0_4_BOS_OFF:
      return llama::ScoringPreset::k04WithoutBos;
    default:
      return llama::ScoringPreset::k04WithBos;
  }
}

llama::ScoringOptions ScoringOptionsFrom(const v1::Scoring& scoring) {
  llama::ScoringOptions options;
  options.max_length = scoring.max_length();
  options.batch_size = scoring.batch_size();
  return options;
}

}  // namespace rankadaptor::runners
