#include "rankadaptor/llama/llama_evaluator.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/rank_space.h"

#include "evaluators/llama/evaluator/held_out_items.h"

namespace rankadaptor::llama {
namespace {

// The share of a trial that recovery takes in its progress reports.
constexpr double kRecoveryShare = 0.8;

constexpr char kAverage[] = "average";

// What an objective can be.
std::vector<std::string> ObjectiveNames(const LlamaEvaluatorParts& parts) {
  std::vector<std::string> names;
  for (const Task& task : parts.tasks) names.push_back(task.name);
  if (!parts.tasks.empty()) names.push_back(kAverage);
  for (const HeldoutText& text : parts.heldout_texts) {
    names.push_back(text.name);
  }
  return names;
}

std::string Join(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) {
    joined += (joined.empty() ? "" : ", ") + name;
  }
  return joined;
}

Status CheckParts(const LlamaEvaluatorParts& parts,
                  const LlamaEvaluatorOptions& options) {
  const std::vector<std::string> names = ObjectiveNames(parts);
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
  if (parts.space.num_parameters() != parts.model.config().num_layers()) {
    return InvalidArgument("a space of " +
                           std::to_string(parts.space.num_parameters()) +
                           " layers for a model of " +
                           std::to_string(parts.model.config().num_layers()));
  }
  if (parts.recovery_data.rows.empty()) {
    return InvalidArgument("the recovery data has no rows");
  }
  return {};
}

// Lets long work follow a trial: reports progress and takes up cancellation.
class TrialBridge {
 public:
  explicit TrialBridge(TrialContext& trial) : trial_(trial) {}

  TrainingHooks RecoveryHooks(int64_t num_updates) {
    return {.observer =
                [this, num_updates](const TrainingStep& step) {
                  double done = static_cast<double>(step.step + 1) /
                                static_cast<double>(num_updates);
                  Follow(kRecoveryShare * done, -step.loss);
                },
            .cancellation = &flag_};
  }

  // Before and after stages that have no hooks of their own.
  void Follow(double fraction_done, double value) {
    if (trial_.cancelled()) flag_.Cancel();
    trial_.Report(fraction_done, value);
  }

  const CancellationFlag& flag() const { return flag_; }

 private:
  TrialContext& trial_;
  CancellationFlag flag_;
};

double Find(const std::vector<Metric>& metrics, const std::string& name) {
  return std::ranges::find(metrics, name, &Metric::name)->value;
}

}  // namespace

struct LlamaEvaluator::Impl {
  LlamaEvaluatorParts parts;
  LlamaEvaluatorOptions options;
  internal::SplitItems items;
  EvaluatorCapabilities capabilities;

  Result<Metric> ScoreOneTask(const Model& model,
                              const Adapter* adapter,
                              const EncodedTask& task,
                              const ScoringOptions& scoring) const {
    RA_ASSIGN_OR_RETURN(TaskScores scores,
                        ScoreTask(model, adapter, task, scoring));
    return Metric{task.name, Accuracy(scores, task.metric).mean};
  }

  Result<Metric> ScoreText(const Model& model,
                           const Adapter* adapter,
                           const HeldoutText& text,
                           const ScoringOptions& scoring) const {
    RA_ASSIGN_OR_RETURN(std::vector<double> losses,
                        WindowLosses(model, adapter, text.windows, scoring));
    return Metric{text.name, -EstimateMean(losses).mean};
  }
};

LlamaEvaluator::LlamaEvaluator(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
LlamaEvaluator::~LlamaEvaluator() = default;

Result<std::unique_ptr<LlamaEvaluator>> LlamaEvaluator::Create(
    LlamaEvaluatorParts parts, LlamaEvaluatorOptions options) {
  RA_RETURN_IF_ERROR(CheckParts(parts, options));
  RA_ASSIGN_OR_RETURN(internal::SplitItems items,
                      internal::SplitHeldOutItems(parts, options));
  EvaluatorCapabilities capabilities{.name = "llama",
                                     .version = "1",
                                     .thread_safe = true,
                                     .deterministic = true};
  return std::unique_ptr<LlamaEvaluator>(new LlamaEvaluator(
      std::make_unique<Impl>(Impl{std::move(parts),
                                  std::move(options),
                                  std::move(items),
                                  std::move(capabilities)})));
}

const EvaluatorCapabilities& LlamaEvaluator::capabilities() const {
  return impl_->capabilities;
}

Result<Measurement> LlamaEvaluator::Evaluate(const Configuration& configuration,
                                             TrialContext& trial) {
  TrialBridge bridge(trial);
  const int64_t num_updates =
      NumUpdates(static_cast<int64_t>(impl_->parts.recovery_data.rows.size()),
                 impl_->options.recovery);
  RA_ASSIGN_OR_RETURN(
      Adapter adapter,
      Recover(configuration, trial.seed(), bridge.RecoveryHooks(num_updates)));
  if (impl_->options.on_recovered) {
    RA_RETURN_IF_ERROR(
        impl_->options.on_recovered(configuration, trial, adapter));
  }
  RA_ASSIGN_OR_RETURN(
      Measurement measurement,
      Score(impl_->parts.model, &adapter, trial.split(), &bridge.flag()));
  bridge.Follow(1.0, measurement.objective);
  return measurement;
}

Result<Adapter> LlamaEvaluator::Recover(const Configuration& configuration,
                                        uint64_t seed,
                                        const TrainingHooks& hooks) const {
  LoraOptions lora = impl_->options.lora;
  lora.ranks = RanksOf(impl_->parts.space, configuration);
  RecoveryOptions recovery = impl_->options.recovery;
  recovery.seed = DeriveSeed(seed, "recovery");
  RA_ASSIGN_OR_RETURN(
      Adapter initial,
      Adapter::Create(
          impl_->parts.model, lora, DeriveSeed(seed, "initial adapter")));
  RA_ASSIGN_OR_RETURN(RecoveryResult result,
                      llama::Recover(impl_->parts.model,
                                     initial,
                                     impl_->parts.recovery_data,
                                     recovery,
                                     hooks));
  return std::move(result.adapter);
}

Result<Measurement> LlamaEvaluator::Score(
    const Model& model,
    const Adapter* adapter,
    ItemSplit split,
    const CancellationFlag* cancellation) const {
  const internal::HeldOutItems& items = impl_->items.Of(split);
  ScoringOptions scoring = impl_->options.scoring;
  scoring.cancellation = cancellation;
  Measurement measurement;
  double sum = 0;
  for (const EncodedTask& task : items.tasks) {
    RA_ASSIGN_OR_RETURN(Metric metric,
                        impl_->ScoreOneTask(model, adapter, task, scoring));
    sum += metric.value;
    measurement.metrics.push_back(std::move(metric));
  }
  if (impl_->options.objective == kAverage) {
    measurement.metrics.push_back(
        {kAverage, sum / static_cast<double>(items.tasks.size())});
  }
  for (const HeldoutText& text : items.texts) {
    RA_ASSIGN_OR_RETURN(Metric metric,
                        impl_->ScoreText(model, adapter, text, scoring));
    measurement.metrics.push_back(std::move(metric));
  }
  measurement.objective = Find(measurement.metrics, impl_->options.objective);
  return measurement;
}

const Model& LlamaEvaluator::model() const { return impl_->parts.model; }
const SearchSpace& LlamaEvaluator::space() const { return impl_->parts.space; }

int64_t LlamaEvaluator::num_items(ItemSplit split) const {
  return impl_->items.Of(split).NumItems();
}

}  // namespace rankadaptor::llama
