// The threads of a worker: some evaluate trials, one sends heartbeats and hears
// what is new.
#ifndef RANKADAPTOR_RUNNERS_WORKER_EVALUATION_THREADS_H_
#define RANKADAPTOR_RUNNERS_WORKER_EVALUATION_THREADS_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"

#include "runners/worker/work_queue.h"

namespace rankadaptor::runners {

struct EvaluationOptions {
  Evaluator* evaluator = nullptr;  // borrowed, required
  int num_threads = 1;
  double lease_seconds = 60;
  std::string artifact_prefix;
  const CancellationFlag* cancellation = nullptr;  // borrowed, required
  LogSink* log = nullptr;                          // borrowed, required
};

// What a worker knows of its study.
struct StudyNews {
  int64_t number = 0;  // grows with every piece of news
  bool done = false;
  bool led = false;
  std::optional<Error> failure;  // why the threads have given up
};

// Thread-safe.
class EvaluationThreads {
 public:
  // Starts them. `queue` is borrowed.
  EvaluationThreads(WorkQueue& queue, EvaluationOptions options);
  // As Stop().
  ~EvaluationThreads();

  StudyNews news() const;

  // Waits until there is news after `number`, at most so long.
  void WaitForNews(int64_t number, double seconds) const;

  // Gives up what is being evaluated and waits for the threads.
  void Stop();

 private:
  void SendHeartbeats();
  void TakeTrials();
  Status EvaluateNext(bool* found);
  Status Evaluate(const Lease& lease);
  bool HasEnded() const;
  bool IsLost(const LeaseKey& key) const;
  void Learn(const Beat& beat, const std::map<LeaseKey, bool>& leases_before);
  void Fail(Error error);

  WorkQueue& queue_;
  const EvaluationOptions options_;
  std::atomic<bool> stopped_ = false;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  StudyNews news_;                    // guarded by mutex_
  std::map<LeaseKey, bool> leases_;   // whether lost; guarded by mutex_
  std::vector<std::thread> threads_;  // started and joined by the owner
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_WORKER_EVALUATION_THREADS_H_
