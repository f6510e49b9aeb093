// What a finished study contributes to the tables of its sweep.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_RESULT_ROWS_H_
#define RANKADAPTOR_RUNNERS_SWEEP_RESULT_ROWS_H_

#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/trial.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/report/study_report.h"
#include "runners/sweep/study_result.h"

namespace rankadaptor::runners {

// References, baselines, and the best finalist, with what each confirmation
// trial of `trials` measured: the evaluator's metrics, and the objective where
// it is none of them. kFailedPrecondition, with the first trial's reason, if no
// finalist was measured.
Result<std::vector<ResultRow>> MakeResultRows(const StudyReport& report,
                                              const std::vector<Trial>& trials,
                                              const v1::SearchConfig& config);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_RESULT_ROWS_H_
