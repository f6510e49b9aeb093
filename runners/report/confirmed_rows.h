// The rows of a study's final table, made again from its stored trials.
//
// Thread-safety: a function of its arguments.
#ifndef RANKADAPTOR_RUNNERS_REPORT_CONFIRMED_ROWS_H_
#define RANKADAPTOR_RUNNERS_REPORT_CONFIRMED_ROWS_H_

#include <vector>

#include "rankadaptor/search/trial.h"

#include "runners/report/objective.h"
#include "runners/report/study_report.h"

namespace rankadaptor::runners {

// Baselines, then finalists, each in the order of their first trial; empty
// before anything was confirmed. Differences are to the first baseline, paired
// by seed over the seeds that completed for both.
std::vector<ReportRow> ConfirmedRows(const std::vector<Trial>& trials,
                                     const Objective& objective);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_CONFIRMED_ROWS_H_
