// The report of a study that has run.
#ifndef RANKADAPTOR_RUNNERS_STUDY_FINISHED_STUDY_H_
#define RANKADAPTOR_RUNNERS_STUDY_FINISHED_STUDY_H_

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/study_summary.h"

#include "runners/report/study_report.h"
#include "runners/study/loaded_study.h"

namespace rankadaptor::runners {

// Measures the references and gathers everything. `wall_seconds` are of this
// run.
Result<StudyReport> MakeStudyReport(WiredStudy& wired,
                                    const StudySummary& summary,
                                    double wall_seconds);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_FINISHED_STUDY_H_
