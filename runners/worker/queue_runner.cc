#include "runners/worker/queue_runner.h"

#include <string>
#include <utility>

#include "runners/store/postgres_trial.h"
#include "runners/store/trial_row.h"
#include "runners/worker/work_queue.h"

namespace rankadaptor::runners {
namespace {

// Between two looks at trials and workers, should no news come.
constexpr double kPollSeconds = 1;

// A server notices by itself, within a minute, that a leader's machine is gone.
constexpr char kNoticeLostLeaders[] =
    "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; "
    "SET tcp_keepalives_count = 3; SET tcp_user_timeout = 60000";

bool SamePlan(const Trial& a, const Trial& b) {
  return a.purpose == b.purpose && a.configuration == b.configuration &&
         a.seed == b.seed && a.split == b.split && a.fidelity == b.fidelity;
}

Status CheckSamePlan(const Trial& stored, const Trial& planned) {
  if (SamePlan(stored, planned)) return {};
  return FailedPrecondition(
      "trial " + std::to_string(planned.id) +
      " was asked for by another leader, which wanted another configuration: "
      "the workers of a study need the same program, config and machine type");
}

Status SetDone(PostgresStore& store, bool done) {
  return store.connection()
      .Query(
          "WITH ended AS (UPDATE rankadaptor.studies SET done = $2 WHERE id = "
          "$1 RETURNING id) SELECT pg_notify($3, '') FROM ended",
          {store.study(),
           std::string(done ? "true" : "false"),
           NewsChannel(store.study())})
      .map([](const PostgresRows&) {});
}

}  // namespace

Result<std::unique_ptr<PostgresStore>> TryToLead(
    const DatabaseLocation& location) {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<PostgresStore> store,
                      PostgresStore::Open(location));
  PostgresConnection& connection = store->connection();
  RA_ASSIGN_OR_RETURN(
      const PostgresRows locked,
      connection.Query("SELECT pg_try_advisory_lock($1::int, $2::int)",
                       {kLeaderLock, store->study()}));
  if (!locked[0].Bool(0)) return std::unique_ptr<PostgresStore>();
  RA_RETURN_IF_ERROR(connection.Execute(kNoticeLostLeaders));
  RA_RETURN_IF_ERROR(
      connection.Execute("LISTEN " + ResultsChannel(store->study())));
  return store;
}

Status LeaderStore::AppendAsked(std::span<const Trial> trials) {
  RA_RETURN_IF_ERROR(store_.AppendAsked(trials));
  return store_.connection()
      .Query("SELECT pg_notify($1, '')", {NewsChannel(store_.study())})
      .map([](const PostgresRows&) {});
}

Result<std::unique_ptr<QueueRunner>> QueueRunner::Create(
    PostgresStore& store, const CancellationFlag& cancellation) {
  std::unique_ptr<QueueRunner> runner(new QueueRunner(store, cancellation));
  RA_RETURN_IF_ERROR(runner->LookAfterWorkers());
  return runner;
}

Status QueueRunner::Evaluate(const std::vector<Trial>& planned,
                             TrialListener& listener) {
  open_.clear();
  for (const Trial& trial : planned) open_.emplace(trial.id, trial);
  RA_RETURN_IF_ERROR(Ask(planned));
  for (const Trial& trial : planned) listener.TrialStarted(trial);
  return Collect(nullptr, listener);
}

Status QueueRunner::Evaluate(TrialSource& source, TrialListener& listener) {
  open_.clear();
  source_is_empty_ = false;
  return Collect(&source, listener);
}

// A leader before this one may have asked for some of them. What is neither
// asked for nor stored after that was never asked for.
Status QueueRunner::Ask(const std::vector<Trial>& planned) {
  std::map<int64_t, Trial> known;
  RA_ASSIGN_OR_RETURN(std::vector<Trial> asked, store_.LoadAsked());
  RA_ASSIGN_OR_RETURN(std::vector<Trial> finished, ReadOpen());
  for (auto* trials : {&asked, &finished}) {
    for (Trial& trial : *trials) known.emplace(trial.id, std::move(trial));
  }
  std::vector<Trial> missing;
  for (const Trial& trial : planned) {
    auto found = known.find(trial.id);
    if (found == known.end()) {
      missing.push_back(trial);
    } else {
      RA_RETURN_IF_ERROR(CheckSamePlan(found->second, trial));
    }
  }
  if (missing.empty()) return {};
  return leader_store_.AppendAsked(missing);
}

// The source has put into the store what it gives.
Status QueueRunner::AskMore(TrialSource& source, TrialListener& listener) {
  while (!source_is_empty_ && std::ssize(open_) < num_slots_) {
    RA_ASSIGN_OR_RETURN(std::optional<Trial> trial, source.Next());
    source_is_empty_ = !trial;
    if (!trial) return {};
    listener.TrialStarted(*trial);
    const int64_t id = trial->id;
    open_.emplace(id, *std::move(trial));
  }
  return {};
}

Status QueueRunner::Collect(TrialSource* source, TrialListener& listener) {
  while (true) {
    if (source != nullptr) RA_RETURN_IF_ERROR(AskMore(*source, listener));
    if (open_.empty() && (source == nullptr || source_is_empty_)) return {};
    if (cancellation_.cancelled()) {
      return Cancelled("trials were given up on request");
    }
    RA_ASSIGN_OR_RETURN(const bool any, TakeFinished(listener));
    if (any) continue;
    WaitForInput(store_.connection().socket(), kPollSeconds);
    RA_ASSIGN_OR_RETURN(const bool news,
                        store_.connection().TakeNotifications());
    if (!news) RA_RETURN_IF_ERROR(LookAfterWorkers());
  }
}

Result<std::vector<Trial>> QueueRunner::ReadOpen() {
  std::string ids = "{";
  for (const auto& [id, trial] : open_) {
    ids += (ids.size() > 1 ? "," : "") + std::to_string(id);
  }
  return ReadTrials(store_.connection(),
                    store_.study(),
                    "study = $1 AND id = ANY ($2::bigint[])",
                    {ids + "}"});
}

Result<bool> QueueRunner::TakeFinished(TrialListener& listener) {
  RA_ASSIGN_OR_RETURN(const std::vector<Trial> finished, ReadOpen());
  for (const Trial& trial : finished) {
    RA_RETURN_IF_ERROR(CheckSamePlan(trial, open_.at(trial.id)));
    open_.erase(trial.id);
    RA_RETURN_IF_ERROR(listener.TrialFinished(trial));
  }
  return !finished.empty();
}

Status QueueRunner::LookAfterWorkers() {
  static const std::string kGiveUp =
      "WITH lost AS (DELETE FROM rankadaptor.asked WHERE study = $1 AND "
      "attempt >= $2 AND leased_until < now() RETURNING *) INSERT INTO "
      "rankadaptor.trials (study, " +
      std::string(kPlanColumns) + ", " + kResultColumns + ") SELECT study, " +
      kPlanColumns + ", $3::smallint, 0, $4, 0 FROM lost";
  PostgresConnection& connection = store_.connection();
  RA_RETURN_IF_ERROR(connection.Query(
      kGiveUp,
      {store_.study(),
       kMaxAttempts,
       static_cast<int>(TrialState::kFailed),
       std::to_string(kMaxAttempts) +
           " workers in a row were lost while they evaluated it"}));
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      connection.Query("SELECT coalesce(sum(slots), 0) FROM "
                       "rankadaptor.workers WHERE study = $1 AND seen > now() "
                       "- lease_seconds * interval '1 second'",
                       {store_.study()}));
  num_slots_ = std::max(1, static_cast<int>(rows[0].Int(0)));
  return {};
}

Status MarkDone(PostgresStore& store) { return SetDone(store, true); }

Status MarkUndone(PostgresStore& store) { return SetDone(store, false); }

}  // namespace rankadaptor::runners
