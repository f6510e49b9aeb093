// A study whose evaluator sleeps, for tests and measurements of many workers.
#ifndef RANKADAPTOR_TESTS_SERVICES_SLEEPING_WORKER_H_
#define RANKADAPTOR_TESTS_SERVICES_SLEEPING_WORKER_H_

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/strategy_factory.h"

#include "runners/store/postgres_store.h"
#include "runners/worker/shared_study.h"
#include "tests/support/search_fakes.h"

namespace rankadaptor::testing {

// The sum of choices, after a while.
class SleepingEvaluator final : public Evaluator {
 public:
  explicit SleepingEvaluator(double seconds) : seconds_(seconds) {
    capabilities_.name = "sleeping";
    capabilities_.version = "1";
    capabilities_.thread_safe = true;
  }

  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }

  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override {
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::duration<double>(seconds_);
    trial.Report(0.5, 1);
    while (std::chrono::steady_clock::now() < end) {
      if (trial.cancelled()) return Cancelled("");
      std::this_thread::sleep_for(
          std::chrono::duration<double>(std::min(seconds_, 0.05)));
    }
    trial.Keep("trial-" + std::to_string(trial.trial_id()));
    Measurement measurement;
    for (int32_t choice : configuration.choices) {
      measurement.objective += choice;
    }
    measurement.metrics = {{"sum", measurement.objective}};
    return measurement;
  }

 private:
  double seconds_;
  EvaluatorCapabilities capabilities_;
};

struct SleepingStudy {
  int max_trials = 40;
  int batch_size = 8;
  bool asynchronous = false;
  double trial_seconds = 0.005;
  double lease_seconds = 60;
};

// One worker of the study, with all that it needs.
class SleepingWorker {
 public:
  SleepingWorker(runners::DatabaseLocation location, const SleepingStudy& study)
      : space_(MakeSpace(8, 5)),
        evaluator_(study.trial_seconds),
        shared_(std::move(location), Parts(study), Options(study)) {}

  Status Work() {
    return shared_.Work().map([](const auto&) {});
  }
  void Stop() { cancellation_.Cancel(); }

 private:
  runners::SharedStudyParts Parts(const SleepingStudy& study) {
    runners::SharedStudyParts parts;
    parts.space = &space_;
    parts.options.num_initial_trials = 4;
    parts.options.max_trials = study.max_trials;
    parts.options.batch_size = study.batch_size;
    parts.options.asynchronous = study.asynchronous;
    parts.options.convergence_rounds = 0;
    parts.options.num_confirm_seeds = 2;
    parts.evaluator = &evaluator_;
    parts.make_strategy = [this] {
      return MakeStrategy("evolutionary", space_, {.seed = 3});
    };
    parts.cancellation = &cancellation_;
    return parts;
  }
  static runners::SharedStudyOptions Options(const SleepingStudy& study) {
    return {.lease_seconds = study.lease_seconds,
            .artifact_prefix = "here:",
            .wants_summary = false};
  }

  const SearchSpace space_;
  SleepingEvaluator evaluator_;
  CancellationFlag cancellation_;
  runners::SharedStudy shared_;
};

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SERVICES_SLEEPING_WORKER_H_
