#include "rankadaptor/llama/held_out_scorer.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::llama {
namespace {

constexpr char kAverage[] = "average";

// What an objective can be.
std::vector<std::string> ObjectiveNames(const std::vector<Task>& tasks,
                                        const std::vector<HeldoutText>& texts) {
  std::vector<std::string> names;
  for (const Task& task : tasks) names.push_back(task.name);
  if (!tasks.empty()) names.push_back(kAverage);
  for (const HeldoutText& text : texts) names.push_back(text.name);
  return names;
}

std::string Join(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) {
    joined += (joined.empty() ? "" : ", ") + name;
  }
  return joined;
}

Status CheckOptions(const std::vector<std::string>& names,
                    const HeldOutOptions& options) {
  if (names.empty()) {
    return InvalidArgument("nothing to score: name a task or a held-out text");
  }
  std::set<std::string> unique;
  for (const std::string& name : names) {
    if (!unique.insert(name).second) {
      return InvalidArgument("task or held-out text '" + name +
                             "' is named twice");
    }
  }
  if (!unique.contains(options.objective)) {
    return InvalidArgument("objective '" + options.objective +
                           "' is not one of " + Join(names));
  }
  const double fraction = options.search_fraction;
  if (!(fraction > 0 && fraction <= 1)) {
    return InvalidArgument("search_fraction " + std::to_string(fraction) +
                           " is not above 0 and at most 1");
  }
  return {};
}

// The split of one task or text; its name decides the draw, so that adding a
// task leaves the others' items as they were.
Result<DocumentSplit> Split(const std::string& name,
                            size_t num_items,
                            const HeldOutOptions& options) {
  const auto count = static_cast<int64_t>(num_items);
  if (options.search_fraction == 1) {
    return DocumentSplit{AllDocuments(count), AllDocuments(count)};
  }
  auto split = SplitDocuments(count,
                              options.search_fraction,
                              DeriveSeed(options.split_seed, "items " + name));
  if (!split) return InContext(name, split.error());
  return split;
}

HeldoutText Select(const HeldoutText& text,
                   const std::vector<int64_t>& indices) {
  HeldoutText selected{text.name, {}};
  for (int64_t i : indices) selected.windows.push_back(text.windows[i]);
  return selected;
}

// At least one.
template <typename T>
std::vector<T> EvenShare(const std::vector<T>& all, double share) {
  const auto count = static_cast<size_t>(
      std::max(1.0, std::round(share * static_cast<double>(all.size()))));
  std::vector<T> kept;
  for (size_t i = 0; i < std::min(count, all.size()); ++i) {
    kept.push_back(all[i * all.size() / count]);
  }
  return kept;
}

Result<Metric> MeasureTask(const Model& model,
                           const Adapter* adapter,
                           const EncodedTask& task,
                           const ScoringOptions& scoring) {
  RA_ASSIGN_OR_RETURN(TaskScores scores,
                      ScoreTask(model, adapter, task, scoring));
  return Metric{task.name, Accuracy(scores, task.metric).mean};
}

Result<Metric> MeasureText(const Model& model,
                           const Adapter* adapter,
                           const HeldoutText& text,
                           const ScoringOptions& scoring) {
  RA_ASSIGN_OR_RETURN(std::vector<double> losses,
                      WindowLosses(model, adapter, text.windows, scoring));
  return Metric{text.name, -EstimateMean(losses).mean};
}

}  // namespace

HeldOutScorer::HeldOutScorer(HeldOutOptions options)
    : options_(std::move(options)) {}

Result<HeldOutScorer> HeldOutScorer::Create(
    const std::vector<Task>& tasks,
    const std::vector<HeldoutText>& texts,
    const Tokenizer& tokenizer,
    const HeldOutOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(ObjectiveNames(tasks, texts), options));
  HeldOutScorer scorer(options);
  for (const Task& task : tasks) {
    RA_RETURN_IF_ERROR(scorer.AddTask(task, tokenizer));
  }
  for (const HeldoutText& text : texts) {
    RA_RETURN_IF_ERROR(scorer.AddText(text));
  }
  return scorer;
}

Status HeldOutScorer::AddTask(const Task& task, const Tokenizer& tokenizer) {
  RA_ASSIGN_OR_RETURN(DocumentSplit split,
                      Split(task.name, task.documents.size(), options_));
  RA_ASSIGN_OR_RETURN(
      EncodedTask search,
      EncodeTask(task, split.search, tokenizer, options_.preset));
  RA_ASSIGN_OR_RETURN(
      EncodedTask confirm,
      EncodeTask(task, split.confirm, tokenizer, options_.preset));
  search_.tasks.push_back(std::move(search));
  confirm_.tasks.push_back(std::move(confirm));
  return {};
}

Status HeldOutScorer::AddText(const HeldoutText& text) {
  RA_ASSIGN_OR_RETURN(DocumentSplit split,
                      Split(text.name, text.windows.size(), options_));
  search_.texts.push_back(Select(text, split.search));
  confirm_.texts.push_back(Select(text, split.confirm));
  return {};
}

HeldOutScorer::Items HeldOutScorer::Thinned(const Items& items, double share) {
  Items thinned = items;
  for (EncodedTask& task : thinned.tasks) {
    task.documents = EvenShare(task.documents, share);
  }
  for (HeldoutText& text : thinned.texts) {
    text.windows = EvenShare(text.windows, share);
  }
  return thinned;
}

const HeldOutScorer::Items& HeldOutScorer::ItemsOf(ItemSplit split) const {
  return split == ItemSplit::kSearch ? search_ : confirm_;
}

Result<Measurement> HeldOutScorer::Score(const Model& model,
                                         const Adapter* adapter,
                                         ItemSplit split,
                                         const CancellationFlag* cancellation,
                                         double share) const {
  const bool thinned = split == ItemSplit::kSearch && share < 1;
  const Items selection = thinned ? Thinned(search_, share) : Items();
  const Items& items = thinned ? selection : ItemsOf(split);
  ScoringOptions scoring = options_.scoring;
  scoring.cancellation = cancellation;
  Measurement measurement;
  double sum = 0;
  for (const EncodedTask& task : items.tasks) {
    RA_ASSIGN_OR_RETURN(Metric metric,
                        MeasureTask(model, adapter, task, scoring));
    sum += metric.value;
    measurement.metrics.push_back(std::move(metric));
  }
  if (options_.objective == kAverage) {
    measurement.metrics.push_back(
        {kAverage, sum / static_cast<double>(items.tasks.size())});
  }
  for (const HeldoutText& text : items.texts) {
    RA_ASSIGN_OR_RETURN(Metric metric,
                        MeasureText(model, adapter, text, scoring));
    measurement.metrics.push_back(std::move(metric));
  }
  measurement.objective =
      std::ranges::find(measurement.metrics, options_.objective, &Metric::name)
          ->value;
  return measurement;
}

int64_t HeldOutScorer::num_items(ItemSplit split) const {
  size_t count = 0;
  for (const EncodedTask& task : ItemsOf(split).tasks) {
    count += task.documents.size();
  }
  for (const HeldoutText& text : ItemsOf(split).texts) {
    count += text.windows.size();
  }
  return static_cast<int64_t>(count);
}

}  // namespace rankadaptor::llama
