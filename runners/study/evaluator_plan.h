// An EvaluatorPlan is what a config says about the evaluator, before anything
// expensive is done: the space to search, what to compare with, what it will
// cost. It then makes the evaluator itself. One class per kind of evaluator.
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_STUDY_EVALUATOR_PLAN_H_
#define RANKADAPTOR_RUNNERS_STUDY_EVALUATOR_PLAN_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/report/objective.h"
#include "runners/report/study_report.h"

namespace rankadaptor::runners {

// What the program lends to an evaluator that is made; borrowed for its life.
struct EvaluatorParts {
  LogSink& log;
  const CancellationFlag& cancellation;
  // Where the adapters of confirmation trials are kept; made when needed.
  std::filesystem::path artifacts;
};

// Sources of a study and what they cost.
struct Preview {
  std::vector<SourceStudy> sources;
  double seconds = 0;
};

// A line of a dry run: what, how much.
using Fact = std::pair<std::string, std::string>;

class EvaluatorPlan {
 public:
  virtual ~EvaluatorPlan() = default;

  virtual const SearchSpace& space() const = 0;
  virtual const Objective& objective() const = 0;
  virtual std::vector<Baseline> baselines() const = 0;

  // How short a trial may be (EvaluatorCapabilities::fidelities).
  virtual std::vector<double> fidelities() const { return {1}; }

  // What NumParameters() counts, e.g. "trainable parameters"; may be empty.
  virtual std::string cost_unit() const = 0;
  virtual std::optional<int64_t> NumParameters(
      const Configuration& configuration) const = 0;

  // What would be done and what it costs, for --dry-run; without doing it.
  virtual Result<std::vector<Fact>> Facts() const = 0;

  // Adds to a config that is to be stored what only the evaluator could say and
  // readers of the study will want to know.
  virtual void AddToStored(v1::EvaluatorConfig* /*config*/) const {}

  // Does what all trials share (load, prune) and returns what runs them, which
  // this plan must outlive. Call once.
  virtual Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& parts) = 0;

  // Whether MakePreview() has anything to do.
  virtual bool has_preview() const { return false; }

  // What the evaluator can say of the space without a trial, for
  // StudyOptions::sources; the same whenever it is asked. After
  // MakeEvaluator().
  virtual Result<Preview> MakePreview() { return Preview(); }

  // Points of comparison outside the space, measured on the items that the
  // final table is measured on; what is trained, once with each of the seeds,
  // those of the confirmation trials. After MakeEvaluator().
  virtual Result<std::vector<Reference>> MeasureReferences(
      std::span<const uint64_t> /*seeds*/) {
    return std::vector<Reference>();
  }
};

// Reads the evaluator's part of the config and which of its parameters are
// tied; errors name fields and files.
Result<std::unique_ptr<EvaluatorPlan>> MakeEvaluatorPlan(
    const v1::SearchConfig& config, const ConfigSource& source);

// The evaluator's part alone: space and configurations are those that it knows.
Result<std::unique_ptr<EvaluatorPlan>> MakeUntiedPlan(
    const v1::SearchConfig& config, const ConfigSource& source);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_EVALUATOR_PLAN_H_
