// An Evaluator that replays a MeasuredTable: searches are compared on real
// measurements whose best configuration is known, and a trial costs nothing.
// A trial's seed picks one of the table's seeds (modulo their number), so
// confirmation "with fresh seeds" meets the same few again.
//
//   RA_ASSIGN_OR_RETURN(auto evaluator, TableEvaluator::Create(
//       {.file = "rank_table.csv", .objective = "tinystories"}));
//
// Thread-safe.
#ifndef RANKADAPTOR_TABLE_TABLE_EVALUATOR_H_
#define RANKADAPTOR_TABLE_TABLE_EVALUATOR_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/table/measured_table.h"

namespace rankadaptor::table {

struct TableOptions {
  std::filesystem::path file;
  // The metric that is maximised; the others come along.
  std::string objective;
  // At most what the values of a configuration may add up to.
  std::optional<double> max_sum;
};

class TableEvaluator final : public Evaluator {
 public:
  // Errors as MeasuredTable::Read(); kInvalidArgument if there is no such
  // metric, or no configuration below max_sum.
  static Result<std::unique_ptr<TableEvaluator>> Create(
      const TableOptions& options);

  const SearchSpace& space() const { return *space_; }
  const MeasuredTable& table() const { return table_; }

  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override;

  // The means over all seeds.
  Measurement Mean(const Configuration& configuration, ItemSplit split) const;

  // The configuration of the space whose mean objective on `split` is highest.
  Configuration Best(ItemSplit split) const;

 private:
  TableEvaluator(MeasuredTable table, size_t objective)
      : table_(std::move(table)), objective_(objective) {}
  Measurement ToMeasurement(const std::vector<double>& values) const;

  const EvaluatorCapabilities capabilities_{.name = "table",
                                            .version = "1",
                                            .thread_safe = true,
                                            .deterministic = true};
  const MeasuredTable table_;
  const size_t objective_;
  std::optional<SearchSpace> space_;  // set by Create()
};

}  // namespace rankadaptor::table

#endif  // RANKADAPTOR_TABLE_TABLE_EVALUATOR_H_
