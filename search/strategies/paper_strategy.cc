#include "search/strategies/paper_strategy.h"

#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/space_relation.h"

namespace rankadaptor::internal {
namespace {

std::vector<Suggestion> ToSuggestions(std::vector<ScoredConfiguration> scored) {
  std::vector<Suggestion> suggestions;
  for (ScoredConfiguration& entry : scored) {
    suggestions.push_back({.configuration = std::move(entry.configuration),
                           .predicted = entry.score});
  }
  return suggestions;
}

}  // namespace

Result<std::unique_ptr<Strategy>> PaperStrategy::Create(
    const SearchSpace& space, const StrategyOptions& options) {
  if (!options.make_performance_model) {
    return FailedPrecondition(
        "strategy 'paper' needs a performance model, and this program has "
        "none: build it with LibTorch, or choose strategy 'random'");
  }
  std::unique_ptr<PaperStrategy> strategy(
      new PaperStrategy(CandidateSearch(space), options));
  RA_ASSIGN_OR_RETURN(strategy->model_,
                      options.make_performance_model(
                          strategy->candidates_.encoder().num_features(),
                          DeriveSeed(options.seed, "performance model")));
  return strategy;
}

PaperStrategy::PaperStrategy(CandidateSearch candidates,
                             const StrategyOptions& options)
    : options_(options), candidates_(std::move(candidates)) {}

surrogate::Samples PaperStrategy::Encode(
    std::span<const Configuration> configurations,
    std::span<const double> values) const {
  const Encoder& encoder = candidates_.encoder();
  const auto num_features = static_cast<size_t>(encoder.num_features());
  surrogate::Samples samples;
  samples.features.resize(configurations.size() * num_features);
  samples.targets.assign(values.begin(), values.end());
  for (size_t i = 0; i < configurations.size(); ++i) {
    encoder.Encode(
        configurations[i].choices,
        std::span(samples.features).subspan(i * num_features, num_features));
  }
  return samples;
}

Status PaperStrategy::MetaLearn(std::span<const SourceStudy> given) {
  RA_ASSIGN_OR_RETURN(const std::vector<SourceStudy> sources,
                      InSpace(given, candidates_.sampler().space()));
  std::vector<surrogate::Samples> data_sets;
  for (const SourceStudy& source : sources) {
    data_sets.push_back(Encode(source.configurations, source.values));
  }
  return model_->MetaLearn(data_sets);
}

Status PaperStrategy::Observe(std::span<const Trial> trials) {
  std::vector<Configuration> configurations;
  std::vector<double> objectives;
  for (const Trial& trial : trials) {
    taken_.insert(trial.configuration);
    if (trial.state != TrialState::kComplete) continue;
    complete_.insert(trial.configuration);
    configurations.push_back(trial.configuration);
    objectives.push_back(trial.measurement.objective);
  }
  num_told_ += trials.size();
  if (configurations.empty()) return {};
  return model_->Update(Encode(configurations, objectives));
}

Result<std::vector<Suggestion>> PaperStrategy::Suggest(int count) {
  std::vector<Suggestion> suggestions;
  if (complete_.size() < static_cast<size_t>(options_.num_random_trials)) {
    suggestions = SuggestRandom(count);
  } else {
    RA_ASSIGN_OR_RETURN(
        auto best,
        candidates_.FindBest(*model_,
                             options_.num_candidates,
                             count,
                             taken_,
                             DeriveSeed(options_.seed, "suggest", num_told_)));
    suggestions = ToSuggestions(std::move(best));
  }
  for (const Suggestion& s : suggestions) taken_.insert(s.configuration);
  return suggestions;
}

void PaperStrategy::MarkPending(std::span<const Suggestion> pending) {
  for (const Suggestion& s : pending) taken_.insert(s.configuration);
}

std::vector<Suggestion> PaperStrategy::SuggestRandom(int count) {
  RandomStream stream(options_.seed, "suggest", num_told_);
  std::vector<Suggestion> suggestions;
  for (Configuration& sample :
       candidates_.sampler().SampleDistinct(stream, count, taken_)) {
    suggestions.push_back({.configuration = std::move(sample)});
  }
  return suggestions;
}

// The pool has no tried configurations; those that completed are added to it.
Result<std::vector<Suggestion>> PaperStrategy::Recommend(int count) {
  if (complete_.empty()) return std::vector<Suggestion>();
  RA_ASSIGN_OR_RETURN(
      auto pool,
      candidates_.FindBest(*model_,
                           options_.num_final_candidates,
                           count,
                           taken_,
                           DeriveSeed(options_.seed, "recommend")));
  for (const Configuration& configuration : complete_) {
    RA_ASSIGN_OR_RETURN(double score,
                        candidates_.ScoreOne(*model_, configuration));
    pool.push_back({configuration, score});
  }
  SortBestFirst(pool);
  if (pool.size() > static_cast<size_t>(count)) {
    pool.resize(static_cast<size_t>(count));
  }
  return ToSuggestions(std::move(pool));
}

Result<std::vector<double>> PaperStrategy::PredictMeans(
    std::span<const Configuration> configurations) {
  std::vector<double> means;
  if (complete_.empty()) return means;
  means.resize(configurations.size());
  RA_RETURN_IF_ERROR(
      model_->Predict(Encode(configurations, {}).features, means));
  return means;
}

}  // namespace rankadaptor::internal
