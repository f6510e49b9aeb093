// The results of a sweep as one table: a block of rows for each combination of
// settings, in it the references, the baselines and the methods, and a column
// for each task.
//
// A cell is the mean over the seeds of the sweep of what a study's confirmation
// trials gave on average, and its sample standard deviation. A sweep with one
// seed or none takes the confirmation trials themselves. The best mean of a
// block's column is marked; references do not compete.
//
// Thread-safety: plain values and functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_RESULT_TABLE_H_
#define RANKADAPTOR_RUNNERS_SWEEP_RESULT_TABLE_H_

#include <optional>
#include <string>
#include <vector>

#include "runners/sweep/study_result.h"
#include "runners/sweep/sweep_plan.h"
#include "runners/sweep/sweep_state.h"

namespace rankadaptor::runners {

struct ResultCell {
  int num_samples = 0;
  std::optional<double> mean;
  std::optional<double> standard_deviation;  // needs two samples
  bool is_best = false;
};

struct TableRow {
  std::vector<std::string> settings;  // one per axis that is a setting
  std::string label;  // "pruned", "uniform 8", or the method's choices
  std::vector<ResultCell> cells;  // one per column
};

struct ResultTable {
  std::vector<std::string> settings;  // names of the axes
  std::vector<std::string> columns;
  std::vector<TableRow> rows;
};

// Of the studies that are done; `standings` are those of the plan's studies.
ResultTable MakeResultTable(const SweepPlan& plan,
                            const std::vector<StudyStanding>& standings);

// Bold is best.
std::string TableAsMarkdown(const ResultTable& table);
// For a terminal: * is best.
std::string TableAsText(const ResultTable& table);
// Columns "NAME", "NAME sd" and "NAME n", every bit of the numbers; an empty
// field where there is none.
std::string TableAsCsv(const ResultTable& table);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_RESULT_TABLE_H_
