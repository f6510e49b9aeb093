#include "runners/worker/work_queue.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "runners/store/postgres_trial.h"
#include "runners/store/trial_row.h"

namespace rankadaptor::runners {
namespace {

constexpr double kFirstPauseSeconds = 0.2;
constexpr double kLongestPauseSeconds = 20;
constexpr double kPauseStepSeconds = 0.05;

// What may be otherwise a moment later.
bool MayPass(const Error& error) {
  return error.code == ErrorCode::kUnavailable ||
         error.code == ErrorCode::kResourceExhausted;
}

std::string Prefixed(const std::string& prefix) {
  std::string columns = std::string(", ") + kPlanColumns;
  for (size_t at = 0; (at = columns.find(", ", at)) != std::string::npos;) {
    columns.insert(at + 2, prefix);
    at += 2 + prefix.size();
  }
  return columns.substr(2);
}

}  // namespace

std::string NewsChannel(int64_t study) {
  return "rankadaptor_news_" + std::to_string(study);
}

std::string ResultsChannel(int64_t study) {
  return "rankadaptor_results_" + std::to_string(study);
}

Result<std::unique_ptr<WorkQueue>> WorkQueue::Join(WorkQueueOptions options) {
  std::unique_ptr<WorkQueue> queue(new WorkQueue(std::move(options)));
  RA_RETURN_IF_ERROR(queue->Connect());
  RA_ASSIGN_OR_RETURN(
      const PostgresRows row,
      queue->connection_->Query(
          "INSERT INTO rankadaptor.workers (study, name, slots, lease_seconds) "
          "VALUES ($1, $2, $3, $4) RETURNING id",
          {queue->options_.study,
           queue->options_.worker,
           queue->options_.num_slots,
           queue->options_.lease_seconds}));
  queue->worker_ = row[0].Int(0);
  return queue;
}

// Once: who leaves does not wait for a server that is gone.
WorkQueue::~WorkQueue() {
  auto given_back = QueryOnce(
      "UPDATE rankadaptor.asked SET worker = NULL, leased_until = NULL, "
      "attempt = attempt - 1 WHERE study = $1 AND worker = $2",
      {options_.study, worker_});
  if (!given_back) return;
  auto ignored =
      QueryOnce("DELETE FROM rankadaptor.workers WHERE id = $1", {worker_});
}

Status WorkQueue::Connect() {
  connection_.reset();
  RA_ASSIGN_OR_RETURN(PostgresConnection connection,
                      PostgresConnection::Open(options_.location));
  RA_RETURN_IF_ERROR(
      connection.Execute("LISTEN " + NewsChannel(options_.study)));
  connection_ = std::move(connection);
  return {};
}

Result<PostgresRows> WorkQueue::QueryOnce(
    const std::string& statement, const std::vector<PostgresValue>& values) {
  std::lock_guard lock(mutex_);
  if (!connection_ || !connection_->connected()) {
    RA_RETURN_IF_ERROR(Connect());
  }
  return connection_->Query(statement, values);
}

// The lock is not held in pauses, so that others are told to stop meanwhile.
Result<PostgresRows> WorkQueue::Query(
    const std::string& statement, const std::vector<PostgresValue>& values) {
  double pause = kFirstPauseSeconds;
  bool told = false;
  while (true) {
    auto rows = QueryOnce(statement, values);
    if (rows && told) {
      options_.log->Write(LogLevel::kInfo, "the database answers again");
    }
    if (rows || !MayPass(rows.error()) || options_.cancellation->cancelled()) {
      return rows;
    }
    if (!told) {
      options_.log->Write(LogLevel::kWarning,
                          rows.error().message + "; tries until it answers");
      told = true;
    }
    Pause(pause);
    pause = std::min(2 * pause, kLongestPauseSeconds);
  }
}

void WorkQueue::Pause(double seconds) const {
  for (double past = 0; past < seconds && !options_.cancellation->cancelled();
       past += kPauseStepSeconds) {
    std::this_thread::sleep_for(
        std::chrono::duration<double>(kPauseStepSeconds));
  }
}

Result<std::optional<Lease>> WorkQueue::Take() {
  static const std::string kStatement =
      "UPDATE rankadaptor.asked SET worker = $2, attempt = attempt + 1, "
      "leased_until = now() + $3 * interval '1 second' WHERE study = $1 AND id "
      "= (SELECT id FROM rankadaptor.asked WHERE study = $1 AND attempt < $4 "
      "AND (worker IS NULL OR leased_until < now()) ORDER BY id LIMIT 1 FOR "
      "UPDATE SKIP LOCKED) RETURNING " +
      std::string(kPlanColumns) + ", attempt";
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      Query(kStatement,
            {options_.study, worker_, options_.lease_seconds, kMaxAttempts}));
  if (rows.empty()) return std::optional<Lease>();
  RA_ASSIGN_OR_RETURN(Trial trial, PlanInRow(rows[0]));
  return Lease{std::move(trial),
               static_cast<int>(rows[0].Int(kNumPlanColumns))};
}

// The plan goes from one table to the other inside the database. Where an
// answer was lost with the connection, the trial says whose result it has.
Result<bool> WorkQueue::Finish(const Lease& lease, const Trial& evaluated) {
  RA_RETURN_IF_ERROR(CheckNumbers(evaluated));
  static const std::string kStatement =
      "WITH taken AS (DELETE FROM rankadaptor.asked WHERE study = $1 AND id = "
      "$7 AND worker = $8 AND attempt = $9 RETURNING *), "
      "stored AS (INSERT INTO rankadaptor.trials (study, " +
      std::string(kPlanColumns) + ", " + kResultColumns +
      ", worker) SELECT taken.study, " + Prefixed("taken.") +
      ", $2::smallint, $3::float8, $4, $5::float8, taken.worker FROM taken "
      "RETURNING study, id), " +
      StorePartsOfTrial() + "SELECT pg_notify($10, '') FROM stored";
  std::vector<PostgresValue> values = {options_.study};
  for (PostgresValue& value : ResultValues(evaluated)) {
    values.push_back(std::move(value));
  }
  values.insert(
      values.end(),
      {evaluated.id, worker_, lease.attempt, ResultsChannel(options_.study)});
  RA_ASSIGN_OR_RETURN(const PostgresRows stored, Query(kStatement, values));
  if (!stored.empty()) return true;
  RA_ASSIGN_OR_RETURN(
      const PostgresRows mine,
      Query("SELECT 1 FROM rankadaptor.trials WHERE study = $1 AND id = $2 AND "
            "worker = $3",
            {options_.study, evaluated.id, worker_}));
  return !mine.empty();
}

Status WorkQueue::GiveBack(const Lease& lease) {
  RA_RETURN_IF_ERROR(QueryOnce(
      "WITH free AS (UPDATE rankadaptor.asked SET worker = NULL, leased_until "
      "= NULL, attempt = attempt - 1 WHERE study = $1 AND id = $2 AND worker = "
      "$3 AND attempt = $4 RETURNING id) SELECT pg_notify($5, '') FROM free",
      {options_.study,
       lease.trial.id,
       worker_,
       lease.attempt,
       NewsChannel(options_.study)}));
  return {};
}

Result<Beat> WorkQueue::Heartbeat() {
  RA_ASSIGN_OR_RETURN(
      const PostgresRows held,
      Query("WITH alive AS (UPDATE rankadaptor.workers SET seen = now() WHERE "
            "id = $2) UPDATE rankadaptor.asked SET leased_until = now() + $3 * "
            "interval '1 second' WHERE study = $1 AND worker = $2 "
            "RETURNING id, attempt",
            {options_.study, worker_, options_.lease_seconds}));
  RA_ASSIGN_OR_RETURN(
      const PostgresRows study,
      Query("SELECT done, EXISTS (SELECT FROM pg_locks WHERE locktype = "
            "'advisory' AND classid = $2::bigint::oid AND objid = "
            "$1::bigint::oid AND objsubid = 2 AND granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())) "
            "FROM rankadaptor.studies WHERE id = $1::bigint",
            {options_.study, kLeaderLock}));
  if (study.empty()) {
    return NotFound(options_.location.shown + ": the study was deleted");
  }
  Beat beat{.done = study[0].Bool(0), .led = study[0].Bool(1), .held = {}};
  for (int i = 0; i < held.size(); ++i) {
    beat.held.emplace_back(held[i].Int(0), static_cast<int>(held[i].Int(1)));
  }
  return beat;
}

bool WorkQueue::WaitForNews(double seconds) {
  int socket = -1;
  {
    std::lock_guard lock(mutex_);
    if (connection_) socket = connection_->socket();
  }
  WaitForInput(socket, seconds);
  std::lock_guard lock(mutex_);
  if (!connection_) return false;
  const auto news = connection_->TakeNotifications();
  if (!news) connection_.reset();  // the next statement opens it again
  return news.value_or(false);
}

}  // namespace rankadaptor::runners
