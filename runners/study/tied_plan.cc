#include "runners/study/tied_plan.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rankadaptor::runners {
namespace {

class TiedEvaluator final : public Evaluator {
 public:
  TiedEvaluator(std::unique_ptr<Evaluator> evaluator, TiedSpace space)
      : evaluator_(std::move(evaluator)), space_(std::move(space)) {}

  const EvaluatorCapabilities& capabilities() const override {
    return evaluator_->capabilities();
  }

  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override {
    return evaluator_->Evaluate(space_.Untied(configuration), trial);
  }

 private:
  const std::unique_ptr<Evaluator> evaluator_;
  const TiedSpace space_;
};

class TiedPlan final : public EvaluatorPlan {
 public:
  TiedPlan(std::unique_ptr<EvaluatorPlan> plan, TiedSpace space)
      : plan_(std::move(plan)), space_(std::move(space)) {}

  const SearchSpace& space() const override { return space_.space(); }
  const Objective& objective() const override { return plan_->objective(); }
  std::vector<double> fidelities() const override {
    return plan_->fidelities();
  }
  std::string cost_unit() const override { return plan_->cost_unit(); }

  std::vector<Baseline> baselines() const override {
    std::vector<Baseline> baselines;
    for (Baseline& baseline : plan_->baselines()) {
      if (auto tied = space_.Tied(baseline.configuration)) {
        baselines.push_back({std::move(baseline.label), *std::move(tied)});
      }
    }
    return baselines;
  }

  std::optional<int64_t> NumParameters(
      const Configuration& configuration) const override {
    return plan_->NumParameters(space_.Untied(configuration));
  }

  Result<std::vector<Fact>> Facts() const override { return plan_->Facts(); }

  void AddToStored(v1::EvaluatorConfig* config) const override {
    plan_->AddToStored(config);
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& parts) override {
    RA_ASSIGN_OR_RETURN(std::unique_ptr<Evaluator> evaluator,
                        plan_->MakeEvaluator(parts));
    return std::make_unique<TiedEvaluator>(std::move(evaluator), space_);
  }

  // What is known of the whole space is of a related one.
  Result<Preview> MakePreview() override {
    RA_ASSIGN_OR_RETURN(Preview preview, plan_->MakePreview());
    for (SourceStudy& source : preview.sources) {
      if (!source.parameters.empty()) continue;
      source.parameters = plan_->space().parameters();
    }
    return preview;
  }

  Result<std::vector<Reference>> MeasureReferences(
      std::span<const uint64_t> seeds) override {
    return plan_->MeasureReferences(seeds);
  }

 private:
  const std::unique_ptr<EvaluatorPlan> plan_;
  const TiedSpace space_;
};

Result<int> IndexOf(const std::string& name,
                    const SearchSpace& space,
                    const ConfigField& field) {
  const auto found =
      std::ranges::find(space.parameters(), name, &Parameter::name);
  if (found != space.parameters().end()) {
    return static_cast<int>(found - space.parameters().begin());
  }
  return field.Invalid("= " + name + "; allowed: the names of parameters, '" +
                       space.parameters().front().name + "' to '" +
                       space.parameters().back().name + "'");
}

}  // namespace

Result<TiedSpace> TieSpace(const SearchSpace& space,
                           const v1::SearchConfig& config,
                           const ConfigSource& source) {
  const ConfigField field = ConfigField(source)["search"]["tied"];
  std::vector<std::vector<int>> groups;
  for (int g = 0; g < config.search().tied_size(); ++g) {
    const v1::TiedGroup& names = config.search().tied(g);
    std::vector<int>& group = groups.emplace_back();
    for (int i = 0; i < names.parameters_size(); ++i) {
      RA_ASSIGN_OR_RETURN(
          group.emplace_back(),
          IndexOf(names.parameters(i), space, field[g]["parameters"][i]));
    }
  }
  auto tied =
      TiedSpace::Create(space.parameters(), space.constraints(), groups);
  if (!tied) return field.In(tied.error());
  return tied;
}

Result<std::unique_ptr<EvaluatorPlan>> TiePlan(
    std::unique_ptr<EvaluatorPlan> plan,
    const v1::SearchConfig& config,
    const ConfigSource& source) {
  RA_ASSIGN_OR_RETURN(TiedSpace space, TieSpace(plan->space(), config, source));
  return std::make_unique<TiedPlan>(std::move(plan), std::move(space));
}

}  // namespace rankadaptor::runners
