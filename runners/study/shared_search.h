// A study in a database, worked on together with other processes
// (runners/worker/shared_study.h), as a search config describes it.
#ifndef RANKADAPTOR_RUNNERS_STUDY_SHARED_SEARCH_H_
#define RANKADAPTOR_RUNNERS_STUDY_SHARED_SEARCH_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/study_summary.h"

#include "runners/study/loaded_study.h"

namespace rankadaptor::runners {

// The study at `url` with the config that it keeps, to take part in it.
// Artifacts go to `artifacts`, or beside the config if that is empty.
// kFailedPrecondition if another version of this program made it.
Result<LoadedStudy> LoadSharedStudy(const std::string& url,
                                    const std::filesystem::path& artifacts);

// Before a study that is there goes on: it may have ended, and its config may
// ask for more now. kFailedPrecondition if another version of this program made
// it; kUnavailable if its config changes while workers are at it.
Status ReopenSharedStudy(LoadedStudy& loaded);

struct SharedSearchOptions {
  double lease_seconds = 60;
  bool wants_summary = false;
  std::vector<StudyObserver*> observers;  // borrowed
};

// Works until the study has ended; see SharedStudy::Work().
Result<std::optional<StudySummary>> WorkOn(
    PreparedStudy& study,
    const SharedSearchOptions& options,
    LogSink& log,
    const CancellationFlag& cancellation);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_SHARED_SEARCH_H_
