#include "runners/study/table_plan.h"

#include <numeric>
#include <utility>

#include "rankadaptor/table/table_evaluator.h"

#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

using table::TableEvaluator;

constexpr double kBaselineRank = 8;

class TablePlan final : public EvaluatorPlan {
 public:
  TablePlan(std::unique_ptr<TableEvaluator> evaluator, std::string objective)
      : space_(evaluator->space()),
        objective_{.name = std::move(objective), .minimised = false},
        evaluator_(evaluator.get()),
        made_(std::move(evaluator)) {}

  const SearchSpace& space() const override { return space_; }
  const Objective& objective() const override { return objective_; }

  std::vector<Baseline> baselines() const override {
    auto uniform = space_.FromValues(
        std::vector<double>(space_.num_parameters(), kBaselineRank));
    if (!uniform || !space_.KeepsConstraints(*uniform)) return {};
    return {{"uniform 8", *std::move(uniform)}};
  }

  std::string cost_unit() const override { return "sum of values"; }

  std::optional<int64_t> NumParameters(
      const Configuration& configuration) const override {
    const std::vector<double> values = space_.Values(configuration);
    return static_cast<int64_t>(
        std::accumulate(values.begin(), values.end(), 0.0));
  }

  Result<std::vector<Fact>> Facts() const override {
    return std::vector<Fact>{
        {"evaluator",
         "a table of measurements with " +
             FormatCount(std::ssize(evaluator_->table().seeds())) +
             " seeds; a trial takes microseconds"}};
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& /*parts*/) override {
    return std::move(made_);
  }

  // The best that a search could have found, by what drives it and by what it
  // is judged by.
  Result<std::vector<Reference>> MeasureReferences(
      std::span<const uint64_t> /*seeds*/) override {
    std::vector<Reference> references;
    for (const auto& [label, split] :
         {std::pair("best of the table", ItemSplit::kConfirm),
          std::pair("best by search items", ItemSplit::kSearch)}) {
      references.push_back(
          {.label = label,
           .measurements = {evaluator_->Mean(evaluator_->Best(split),
                                             ItemSplit::kConfirm)}});
    }
    return references;
  }

 private:
  const SearchSpace space_;
  const Objective objective_;
  const TableEvaluator* const evaluator_;  // made_, later the caller's
  std::unique_ptr<TableEvaluator> made_;
};

}  // namespace

Result<std::unique_ptr<EvaluatorPlan>> MakeTablePlan(
    const v1::TableEvaluator& config, const ConfigField& field) {
  table::TableOptions options{.file = field.Resolve(config.file()),
                              .objective = config.objective(),
                              .max_sum = std::nullopt};
  if (config.has_max_sum()) options.max_sum = config.max_sum();
  auto evaluator = TableEvaluator::Create(options);
  if (!evaluator) return field.In(evaluator.error());
  return std::make_unique<TablePlan>(std::move(*evaluator), config.objective());
}

}  // namespace rankadaptor::runners
