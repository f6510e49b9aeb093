#include "runners/study/past_studies.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "rankadaptor/search/trial.h"

#include "runners/store/study_location.h"
#include "runners/store/study_places.h"
#include "runners/study/stated_space.h"
#include "runners/study/stored_space.h"

namespace rankadaptor::runners {
namespace {

// Measured in full, on what drives a search.
bool CanBeLearnedFrom(const Trial& trial) {
  return trial.state == TrialState::kComplete && trial.fidelity == 1 &&
         trial.split == ItemSplit::kSearch &&
         std::isfinite(trial.measurement.objective);
}

bool AreSame(const std::vector<Parameter>& a, const std::vector<Parameter>& b) {
  return std::ranges::equal(a, b, [](const Parameter& x, const Parameter& y) {
    return x.name == y.name && x.kind == y.kind && x.choices == y.choices &&
           x.labels == y.labels;
  });
}

// Scores are written as reports of the new study show its objective, parameters
// where they are others.
Status AddTrials(StudyStore& store,
                 const EvaluatorPlan& plan,
                 v1::PastStudy& past) {
  RA_ASSIGN_OR_RETURN(const StoredSpace stored,
                      ReadStoredSpace(store.header()));
  RA_ASSIGN_OR_RETURN(const std::vector<Trial> trials, store.LoadTrials());
  if (!AreSame(stored.space.parameters(), plan.space().parameters())) {
    *past.mutable_parameters() = ConfigOf(stored.space).parameters();
  }
  for (const Trial& trial : trials) {
    if (!CanBeLearnedFrom(trial)) continue;
    const std::vector<double> values = stored.space.Values(trial.configuration);
    past.add_configurations()->mutable_values()->Assign(values.begin(),
                                                        values.end());
    past.add_scores(plan.objective().Shown(trial.measurement.objective));
  }
  if (past.scores_size() == 0) {
    return FailedPrecondition("has no completed full trial to learn from");
  }
  return {};
}

Status ReadPastStudy(const ConfigField& field,
                     const EvaluatorPlan& plan,
                     v1::PastStudy& past) {
  const std::string shown = ShownPlace(past.study());
  const std::string place = IsDatabaseUrl(past.study())
                                ? past.study()
                                : field.Resolve(past.study()).string();
  past.set_study(shown);
  auto store = OpenStudyToRead(place);
  if (!store) return field["study"].In(store.error());
  Status added = AddTrials(**store, plan, past);
  if (!added) {
    added.error().message = shown + ": " + added.error().message;
    return field["study"].In(added.error());
  }
  return {};
}

Status CheckStated(const v1::PastStudy& past, const ConfigField& field) {
  const bool stated = past.configurations_size() > 0 ||
                      past.scores_size() > 0 || past.parameters_size() > 0;
  if (past.has_study() && stated) {
    return field.Invalid(
        "has a study and measurements; allowed: one of the two");
  }
  if (!past.has_study() && past.configurations_size() == 0) {
    return field.Invalid("needs a study, or configurations with scores");
  }
  return {};
}

Result<SearchSpace> SpaceOf(const v1::PastStudy& past,
                            const ConfigField& field,
                            const EvaluatorPlan& plan) {
  if (past.parameters_size() == 0) return plan.space();
  v1::SpaceConfig stated;
  *stated.mutable_parameters() = past.parameters();
  return StatedSpace(stated, field);
}

Result<SourceStudy> SourceOf(const v1::PastStudy& past,
                             const ConfigField& field,
                             const EvaluatorPlan& plan,
                             std::string name) {
  if (past.scores_size() != past.configurations_size()) {
    return field["scores"].Invalid(
        "has " + std::to_string(past.scores_size()) +
        " numbers; allowed: " + std::to_string(past.configurations_size()) +
        ", one for each configuration");
  }
  RA_ASSIGN_OR_RETURN(const SearchSpace space, SpaceOf(past, field, plan));
  SourceStudy source{
      .name = std::move(name), .configurations = {}, .values = {}};
  if (past.parameters_size() > 0) source.parameters = space.parameters();
  for (int i = 0; i < past.scores_size(); ++i) {
    const v1::EnqueuedConfiguration& entry = past.configurations(i);
    auto configuration =
        space.FromValues({entry.values().begin(), entry.values().end()});
    if (!configuration) {
      return field["configurations"][i]["values"].In(configuration.error());
    }
    source.configurations.push_back(*std::move(configuration));
    source.values.push_back(plan.objective().Shown(past.scores(i)));
  }
  return source;
}

}  // namespace

Status ReadPastStudies(const ConfigSource& source,
                       const EvaluatorPlan& plan,
                       v1::SearchConfig* config) {
  const ConfigField field = ConfigField(source)["search"]["sources"];
  for (int i = 0; i < config->search().sources_size(); ++i) {
    v1::PastStudy& past = *config->mutable_search()->mutable_sources(i);
    RA_RETURN_IF_ERROR(CheckStated(past, field[i]));
    if (!past.has_study()) continue;
    RA_RETURN_IF_ERROR(ReadPastStudy(field[i], plan, past));
  }
  return {};
}

void TakePastStudies(const v1::SearchConfig& stored, v1::SearchConfig* config) {
  const int count =
      std::min(stored.search().sources_size(), config->search().sources_size());
  for (int i = 0; i < count; ++i) {
    const v1::PastStudy& kept = stored.search().sources(i);
    v1::PastStudy& past = *config->mutable_search()->mutable_sources(i);
    if (!past.has_study() || past.scores_size() > 0) continue;
    if (ShownPlace(past.study()) == kept.study()) past = kept;
  }
}

Result<std::vector<SourceStudy>> PastStudies(const v1::SearchConfig& config,
                                             const ConfigSource& source,
                                             const EvaluatorPlan& plan) {
  const ConfigField field = ConfigField(source)["search"]["sources"];
  std::vector<SourceStudy> sources;
  for (int i = 0; i < config.search().sources_size(); ++i) {
    const v1::PastStudy& past = config.search().sources(i);
    std::string name = past.has_study()
                           ? past.study()
                           : "search.sources[" + std::to_string(i) + "]";
    RA_ASSIGN_OR_RETURN(sources.emplace_back(),
                        SourceOf(past, field[i], plan, std::move(name)));
  }
  return sources;
}

}  // namespace rankadaptor::runners
