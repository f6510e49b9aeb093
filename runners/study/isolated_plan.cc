#include "runners/study/isolated_plan.h"

#include <optional>
#include <utility>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/process/process_evaluator.h"

#include "runners/config/config_text.h"
#include "runners/study/process_plan.h"
#include "runners/terminal/this_program.h"

namespace rankadaptor::runners {
namespace {

using process::ProcessEvaluator;
using process::ProcessOptions;

class Isolated final : public EvaluatorPlan {
 public:
  Isolated(std::unique_ptr<EvaluatorPlan> plan,
           v1::SearchConfig config,
           std::string document)
      : config_(std::move(config)),
        document_(std::move(document)),
        plan_(std::move(plan)) {}

  const SearchSpace& space() const override { return plan_->space(); }
  const Objective& objective() const override { return plan_->objective(); }
  std::vector<Baseline> baselines() const override {
    return plan_->baselines();
  }
  std::vector<double> fidelities() const override {
    return plan_->fidelities();
  }
  std::string cost_unit() const override { return plan_->cost_unit(); }

  std::optional<int64_t> NumParameters(
      const Configuration& configuration) const override {
    return plan_->NumParameters(configuration);
  }

  Result<std::vector<Fact>> Facts() const override { return plan_->Facts(); }

  void AddToStored(v1::EvaluatorConfig* config) const override {
    plan_->AddToStored(config);
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& parts) override {
    parts_.emplace(parts);
    ProcessOptions options = ProcessOptionsFrom(config_.isolation(), config_);
    RA_ASSIGN_OR_RETURN(const std::filesystem::path program, ThisProgram());
    options.command = {program.string(),
                       "evaluate-trials",
                       "--config",
                       document_,
                       "--artifacts",
                       parts.artifacts.string()};
    options.config = FormatConfig(config_);
    options.space = plan_->space();
    options.log = &parts.log;
    RA_ASSIGN_OR_RETURN(
        auto evaluator,
        ProcessEvaluator::Create(std::move(options), SystemClock()));
    processes_ = evaluator.get();
    return evaluator;
  }

  bool has_preview() const override { return plan_->has_preview(); }

  Result<Preview> MakePreview() override {
    if (!has_preview()) return Preview();
    RA_RETURN_IF_ERROR(MakeLocalEvaluator());
    return plan_->MakePreview();
  }

  Result<std::vector<Reference>> MeasureReferences(
      std::span<const uint64_t> seeds) override {
    // The device may not have room for one model more.
    processes_->EndIdleProcesses();
    RA_RETURN_IF_ERROR(MakeLocalEvaluator());
    return plan_->MeasureReferences(seeds);
  }

 private:
  Status MakeLocalEvaluator() {
    if (local_ != nullptr) return {};
    RA_ASSIGN_OR_RETURN(local_, plan_->MakeEvaluator(*parts_));
    return {};
  }

  const v1::SearchConfig config_;
  const std::string document_;
  const std::unique_ptr<EvaluatorPlan> plan_;
  std::optional<EvaluatorParts> parts_;    // once MakeEvaluator() was called
  ProcessEvaluator* processes_ = nullptr;  // what it returned
  std::unique_ptr<Evaluator> local_;       // once it is needed
};

}  // namespace

std::unique_ptr<EvaluatorPlan> IsolatedPlan(std::unique_ptr<EvaluatorPlan> plan,
                                            v1::SearchConfig config,
                                            std::string document) {
  return std::make_unique<Isolated>(
      std::move(plan), std::move(config), std::move(document));
}

}  // namespace rankadaptor::runners
