#include "runners/study/process_plan.h"

#include <string>
#include <utility>

#include "rankadaptor/common/clock.h"

#include "runners/study/stated_space.h"

namespace rankadaptor::runners {
namespace {

using process::ProcessEvaluator;
using process::ProcessOptions;

class ProcessPlan final : public EvaluatorPlan {
 public:
  ProcessPlan(std::unique_ptr<ProcessEvaluator> evaluator,
              std::string description)
      : space_(*evaluator->space()),
        objective_{.name = evaluator->objective().name,
                   .minimised = evaluator->objective().minimised},
        fidelities_(evaluator->capabilities().fidelities),
        description_(evaluator->capabilities().name + " " +
                     evaluator->capabilities().version + ", " +
                     std::move(description)),
        evaluator_(std::move(evaluator)) {}

  const SearchSpace& space() const override { return space_; }
  const Objective& objective() const override { return objective_; }
  std::vector<Baseline> baselines() const override { return {}; }
  std::vector<double> fidelities() const override { return fidelities_; }
  std::string cost_unit() const override { return ""; }

  std::optional<int64_t> NumParameters(
      const Configuration& /*configuration*/) const override {
    return std::nullopt;
  }

  Result<std::vector<Fact>> Facts() const override {
    return std::vector<Fact>{{"evaluator", description_}};
  }

  // A report knows them without starting the program.
  void AddToStored(v1::EvaluatorConfig* config) const override {
    if (!config->has_process()) return;
    v1::ProcessEvaluator& process = *config->mutable_process();
    if (!process.has_space()) *process.mutable_space() = ConfigOf(space_);
    process.mutable_objective()->set_name(objective_.name);
    process.mutable_objective()->set_minimised(objective_.minimised);
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& parts) override {
    evaluator_->LogTo(parts.log);
    return std::move(evaluator_);
  }

 private:
  const SearchSpace space_;
  const Objective objective_;
  const std::vector<double> fidelities_;
  const std::string description_;
  std::unique_ptr<ProcessEvaluator> evaluator_;
};

std::string CommandText(const ProcessOptions& options) {
  std::string text;
  for (const std::string& word : options.command) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

}  // namespace

ProcessOptions ProcessOptionsFrom(const v1::Isolation& isolation,
                                  const v1::SearchConfig& config) {
  ProcessOptions options;
  if (config.has_workers()) {
    options.num_workers = static_cast<int>(config.workers());
  }
  if (isolation.has_trial_timeout_seconds()) {
    options.trial_timeout_seconds = isolation.trial_timeout_seconds();
  }
  if (isolation.has_heartbeat_timeout_seconds()) {
    options.heartbeat_timeout_seconds = isolation.heartbeat_timeout_seconds();
  }
  if (isolation.has_start_timeout_seconds()) {
    options.start_timeout_seconds = isolation.start_timeout_seconds();
  }
  if (isolation.has_retries()) {
    options.max_retries = static_cast<int>(isolation.retries());
  }
  if (isolation.has_memory_mib()) {
    options.memory_bytes = isolation.memory_mib() << 20;
  }
  if (isolation.has_cores_per_worker()) {
    options.cores_per_worker = static_cast<int>(isolation.cores_per_worker());
  }
  options.devices.assign(isolation.devices().begin(),
                         isolation.devices().end());
  return options;
}

std::unique_ptr<EvaluatorPlan> PlanOf(
    std::unique_ptr<ProcessEvaluator> evaluator, std::string description) {
  return std::make_unique<ProcessPlan>(std::move(evaluator),
                                       std::move(description));
}

Result<std::unique_ptr<EvaluatorPlan>> MakeProcessPlan(
    const v1::SearchConfig& config, const ConfigField& field) {
  const v1::ProcessEvaluator& process = config.evaluator().process();
  ProcessOptions options = ProcessOptionsFrom(process.isolation(), config);
  options.command.assign(process.command().begin(), process.command().end());
  options.folder = field.Resolve(".");
  options.config = process.config();
  if (process.has_space()) {
    RA_ASSIGN_OR_RETURN(options.space,
                        StatedSpace(process.space(), field["space"]));
  }
  const std::string command = CommandText(options);
  auto evaluator = ProcessEvaluator::Create(std::move(options), SystemClock());
  if (!evaluator) return field["command"].In(evaluator.error());
  if ((*evaluator)->space() == nullptr) {
    return field.Invalid("needs space: the program has none of its own");
  }
  return PlanOf(*std::move(evaluator), command);
}

}  // namespace rankadaptor::runners
