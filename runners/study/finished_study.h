// From a study that is ready to the report of one that has run.
#ifndef RANKADAPTOR_RUNNERS_STUDY_FINISHED_STUDY_H_
#define RANKADAPTOR_RUNNERS_STUDY_FINISHED_STUDY_H_

#include "rankadaptor/common/result.h"

#include "runners/report/study_report.h"
#include "runners/study/loaded_study.h"

namespace rankadaptor::runners {

// Of a study that has run: measures the references, gathers everything and
// writes the report's files. `start` as below.
Result<StudyReport> ReportOn(PreparedStudy& study,
                             const StudySummary& summary,
                             double start);

// Runs the study to its end, measures the references, gathers everything and
// writes the report's files. Call once. `start` is when this run began, in
// seconds of the system's monotonic clock.
Result<StudyReport> RunToReport(WiredStudy& wired, double start);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_FINISHED_STUDY_H_
