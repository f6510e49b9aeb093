// The trials of a study in PostgreSQL that wait to be evaluated, as one worker
// sees them. A worker takes a trial with a lease, which its heartbeats extend;
// a lease that ran out is another worker's to take, so that a trial survives
// whoever evaluated it. What has been taken is finished once: its result is
// stored if, and only if, the lease is still the worker's.
//
//   RA_ASSIGN_OR_RETURN(auto queue, WorkQueue::Join(options));
//   RA_ASSIGN_OR_RETURN(std::optional<Lease> lease, queue->Take());
//   if (lease) { ...; queue->Finish(*lease, evaluated); }
//
// A connection that is lost is opened again, with growing pauses, until the
// cancellation flag is set; so is a statement repeated for which the server had
// no room. Time is the server's: workers' clocks need not agree.
#ifndef RANKADAPTOR_RUNNERS_WORKER_WORK_QUEUE_H_
#define RANKADAPTOR_RUNNERS_WORKER_WORK_QUEUE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/trial.h"

#include "runners/store/postgres.h"
#include "runners/store/study_location.h"

namespace rankadaptor::runners {

// A trial is given up as failed after so many workers were lost with it.
inline constexpr int kMaxAttempts = 3;

struct WorkQueueOptions {
  DatabaseLocation location;
  int64_t study = 0;   // PostgresStore::study()
  std::string worker;  // for people, e.g. "host:pid"
  int num_slots = 1;   // trials at the same time
  double lease_seconds = 60;
  const CancellationFlag* cancellation = nullptr;  // borrowed, required
  LogSink* log = nullptr;                          // borrowed, required
};

// Which trial, and the how-many-eth attempt at it.
using LeaseKey = std::pair<int64_t, int>;

struct Lease {
  Trial trial;  // without a result
  int attempt = 0;

  LeaseKey key() const { return {trial.id, attempt}; }
};

// What a heartbeat learns.
struct Beat {
  bool done = false;  // the study has ended
  bool led = false;   // somebody decides its trials
  std::vector<LeaseKey> held;
};

// Thread-safe.
class WorkQueue {
 public:
  // Makes the worker known. Errors as PostgresConnection::Open.
  static Result<std::unique_ptr<WorkQueue>> Join(WorkQueueOptions options);
  // Gives back what was not finished.
  ~WorkQueue();

  // The first trial that nobody has, or none.
  Result<std::optional<Lease>> Take();

  // Stores the result. False if the lease was not the worker's any more, so
  // that nothing was stored.
  Result<bool> Finish(const Lease& lease, const Trial& evaluated);

  // Lets others take the trial at once; the attempt does not count.
  Status GiveBack(const Lease& lease);

  // Extends all leases of the worker. kNotFound if the study is gone.
  Result<Beat> Heartbeat();

  // Waits until the study has news (trials to take, or its end), at most so
  // long. True if there is some.
  bool WaitForNews(double seconds);

 private:
  explicit WorkQueue(WorkQueueOptions options) : options_(std::move(options)) {}

  Status Connect();
  Result<PostgresRows> Query(const std::string& statement,
                             const std::vector<PostgresValue>& values);
  Result<PostgresRows> QueryOnce(const std::string& statement,
                                 const std::vector<PostgresValue>& values);
  void Pause(double seconds) const;

  const WorkQueueOptions options_;
  std::mutex mutex_;  // guards the rest
  std::optional<PostgresConnection> connection_;
  int64_t worker_ = 0;
};

// The channels on which a study tells its workers, and they its leader.
std::string NewsChannel(int64_t study);
std::string ResultsChannel(int64_t study);

// The lock that whoever decides trials holds: its two numbers.
inline constexpr int kLeaderLock = 0x5241;  // "RA", and the study's number

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_WORKER_WORK_QUEUE_H_
