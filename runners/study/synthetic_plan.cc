#include "runners/study/synthetic_plan.h"

#include <numeric>
#include <utility>

#include "rankadaptor/common/check.h"
#include "rankadaptor/synthetic/synthetic_evaluator.h"

#include "runners/config/field_value.h"

namespace rankadaptor::runners {
namespace {

using synthetic::SyntheticEvaluator;

constexpr double kBaselineRank = 8;

class SyntheticPlan final : public EvaluatorPlan {
 public:
  explicit SyntheticPlan(std::unique_ptr<SyntheticEvaluator> evaluator)
      : space_(evaluator->space()), evaluator_(std::move(evaluator)) {}

  const SearchSpace& space() const override { return space_; }
  const Objective& objective() const override { return objective_; }

  std::vector<Baseline> baselines() const override {
    auto uniform = space_.FromValues(
        std::vector<double>(space_.num_parameters(), kBaselineRank));
    RA_CHECK(uniform.has_value()) << "rank 8 is a choice of every layer";
    return {{"uniform 8", *std::move(uniform)}};
  }

  std::string cost_unit() const override { return "sum of ranks"; }

  std::optional<int64_t> NumParameters(
      const Configuration& configuration) const override {
    const std::vector<double> ranks = space_.Values(configuration);
    return static_cast<int64_t>(
        std::accumulate(ranks.begin(), ranks.end(), 0.0));
  }

  Result<std::vector<Fact>> Facts() const override {
    return std::vector<Fact>{
        {"evaluator", "a closed-form function; a trial takes microseconds"}};
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& /*parts*/) override {
    return std::move(evaluator_);
  }

 private:
  const SearchSpace space_;
  const Objective objective_{.name = "objective", .minimised = false};
  std::unique_ptr<SyntheticEvaluator> evaluator_;
};

}  // namespace

Result<std::unique_ptr<EvaluatorPlan>> MakeSyntheticPlan(
    const v1::SyntheticEvaluator& config, const ConfigField& field) {
  synthetic::SyntheticOptions options;
  // The config's names are the library's.
  const auto* family =
      v1::SyntheticEvaluator::Family_descriptor()->FindValueByNumber(
          config.family());
  auto parsed = synthetic::ParseBenchmarkFamily(EnumText(*family));
  if (!parsed) return field["family"].In(parsed.error());
  options.problem.family = *parsed;
  options.problem.num_layers = static_cast<int>(config.num_layers());
  options.problem.instance = config.instance();
  options.noise = config.noise();
  auto evaluator = SyntheticEvaluator::Create(options);
  if (!evaluator) return field.In(evaluator.error());
  return std::make_unique<SyntheticPlan>(std::move(*evaluator));
}

}  // namespace rankadaptor::runners
