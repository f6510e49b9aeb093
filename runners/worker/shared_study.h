// Takes part in a study in PostgreSQL: evaluates its trials beside any number
// of other processes that do the same, and decides them while no other one
// does.
//
// One process at a time leads: it runs the Study (search/study.h) with the
// workers as its TrialRunner. All of them evaluate. A leader that dies is
// followed by another one, which replays the store as a resumed study does; in
// batches, the trials are those of a study that ran in one process.
//
//   SharedStudy study(location, parts, options);
//   RA_ASSIGN_OR_RETURN(std::optional<StudySummary> summary, study.Work());
#ifndef RANKADAPTOR_RUNNERS_WORKER_SHARED_STUDY_H_
#define RANKADAPTOR_RUNNERS_WORKER_SHARED_STUDY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/study.h"

#include "runners/store/study_location.h"

namespace rankadaptor::runners {

class EvaluationThreads;

// What is borrowed must outlive the SharedStudy.
struct SharedStudyParts {
  const SearchSpace* space = nullptr;  // borrowed, required
  StudyOptions options;                // num_workers: of this process
  Evaluator* evaluator = nullptr;      // borrowed, required
  std::function<Result<std::unique_ptr<Strategy>>()> make_strategy;  // required
  const CancellationFlag* cancellation = nullptr;  // borrowed, required
  LogSink* log = &NullLogSink();                   // borrowed
  std::vector<StudyObserver*> observers;           // borrowed; of the leader
};

struct SharedStudyOptions {
  // How long a trial stays with a worker of which nothing is heard.
  double lease_seconds = 60;
  // Goes before the paths of what evaluations leave, e.g. "host:/folder/".
  std::string artifact_prefix;
  // Work() returns the summary, also where another process led to the end.
  bool wants_summary = false;
};

class SharedStudy {
 public:
  SharedStudy(DatabaseLocation location,
              SharedStudyParts parts,
              SharedStudyOptions options);

  // Works until the study has ended. Call once, by one thread; evaluates on
  // threads of its own. Returns the summary if this process led to the end or
  // wants it. kCancelled once the flag is set: what was being evaluated goes to
  // other workers. A connection that is lost is no error, but for the first;
  // else as Study::Run and the store.
  Result<std::optional<StudySummary>> Work();

 private:
  Result<std::optional<StudySummary>> LeadOrWait(EvaluationThreads& threads);
  Result<std::optional<StudySummary>> TryToFinish();

  const DatabaseLocation location_;
  const SharedStudyParts parts_;
  const SharedStudyOptions options_;
};

// "host:pid" of this process.
std::string WorkerName();

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_WORKER_SHARED_STUDY_H_
