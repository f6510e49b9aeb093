#include "runners/worker/shared_study.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "rankadaptor/common/clock.h"

#include "runners/store/postgres_store.h"
#include "runners/worker/evaluation_threads.h"
#include "runners/worker/queue_runner.h"
#include "runners/worker/work_queue.h"

namespace rankadaptor::runners {
namespace {

// Between two attempts to lead, should no news come.
constexpr double kPatienceSeconds = 2;

}  // namespace

SharedStudy::SharedStudy(DatabaseLocation location,
                         SharedStudyParts parts,
                         SharedStudyOptions options)
    : location_(std::move(location)),
      parts_(std::move(parts)),
      options_(std::move(options)) {}

Result<std::optional<StudySummary>> SharedStudy::Work() {
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<PostgresStore> store,
                      PostgresStore::Open(location_));
  const int num_slots = parts_.evaluator->capabilities().thread_safe
                            ? parts_.options.num_workers
                            : 1;
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<WorkQueue> queue,
                      WorkQueue::Join({.location = location_,
                                       .study = store->study(),
                                       .worker = WorkerName(),
                                       .num_slots = num_slots,
                                       .lease_seconds = options_.lease_seconds,
                                       .cancellation = parts_.cancellation,
                                       .log = parts_.log}));
  EvaluationThreads threads(*queue,
                            {.evaluator = parts_.evaluator,
                             .num_threads = num_slots,
                             .lease_seconds = options_.lease_seconds,
                             .artifact_prefix = options_.artifact_prefix,
                             .cancellation = parts_.cancellation,
                             .log = parts_.log});
  auto summary = LeadOrWait(threads);
  threads.Stop();
  return summary;
}

Result<std::optional<StudySummary>> SharedStudy::LeadOrWait(
    EvaluationThreads& threads) {
  bool led_by_another = false;
  while (true) {
    const StudyNews news = threads.news();
    if (news.failure) return tl::unexpected(*news.failure);
    if (parts_.cancellation->cancelled()) {
      return Cancelled("the worker was stopped; its trials go to others");
    }
    if (news.done && !options_.wants_summary) {
      return std::optional<StudySummary>();
    }
    if (!led_by_another || !news.led || news.done) {
      auto summary = TryToFinish();
      if (summary && *summary) return summary;
      if (!summary && summary.error().code != ErrorCode::kUnavailable) {
        return summary;
      }
      led_by_another = summary.has_value();
    }
    threads.WaitForNews(news.number, kPatienceSeconds);
  }
}

// Empty if another process leads.
Result<std::optional<StudySummary>> SharedStudy::TryToFinish() {
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<PostgresStore> store,
                      TryToLead(location_));
  if (store == nullptr) return std::optional<StudySummary>();
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<QueueRunner> runner,
                      QueueRunner::Create(*store, *parts_.cancellation));
  LeaderStore leader_store(*store);
  StudyParts parts;
  parts.evaluator = parts_.evaluator;
  parts.store = &leader_store;
  parts.runner = runner.get();
  RA_ASSIGN_OR_RETURN(parts.strategy, parts_.make_strategy());
  parts.cancellation = parts_.cancellation;
  parts.log = parts_.log;
  parts.observers = parts_.observers;
  RA_ASSIGN_OR_RETURN(
      const std::unique_ptr<Study> study,
      Study::Create(parts_.options, *parts_.space, std::move(parts)));
  auto summary = study->Run();
  if (!summary) {
    if (summary.error().code == ErrorCode::kUnavailable) {
      parts_.log->Write(LogLevel::kWarning,
                        summary.error().message + "; somebody will go on");
    }
    return tl::unexpected(std::move(summary).error());
  }
  RA_RETURN_IF_ERROR(MarkDone(*store));
  return std::optional(*std::move(summary));
}

std::string WorkerName() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(::getpid());
}

}  // namespace rankadaptor::runners
