// Workers of one study, with a real server (with_postgres).
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "rankadaptor/common/log.h"

#include "runners/store/postgres_store.h"
#include "runners/worker/queue_runner.h"
#include "runners/worker/shared_study.h"
#include "runners/worker/work_queue.h"
#include "tests/services/sleeping_worker.h"
#include "tests/services/test_database.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::NewStudyName;
using rankadaptor::testing::SleepingStudy;
using rankadaptor::testing::SleepingWorker;
using rankadaptor::testing::TestDatabase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Trial PlannedTrial(int64_t id) {
  Trial trial;
  trial.id = id;
  trial.configuration.choices = {static_cast<int32_t>(id), 1};
  trial.seed = 5;
  return trial;
}

Trial Evaluated(const Lease& lease) {
  Trial trial = lease.trial;
  trial.state = TrialState::kComplete;
  trial.measurement = {0.25, {{"a", 0.5}}};
  trial.reports = {{0.5, 1}};
  trial.artifacts = {"host:/folder/trial"};
  trial.duration_seconds = 2;
  return trial;
}

class WorkersTest : public ::testing::Test {
 protected:
  WorkersTest() : store_(PostgresStore::Create(location_, {}).value()) {}

  std::unique_ptr<WorkQueue> Join(double lease_seconds = 3600) {
    return WorkQueue::Join({.location = location_,
                            .study = store_->study(),
                            .worker = "test",
                            .lease_seconds = lease_seconds,
                            .cancellation = &cancellation_,
                            .log = &NullLogSink()})
        .value();
  }

  void Ask(std::vector<int64_t> ids) {
    std::vector<Trial> trials;
    for (int64_t id : ids) trials.push_back(PlannedTrial(id));
    ASSERT_TRUE(store_->AppendAsked(trials));
  }

  // Ends the connections of the queue's workers and of the leader, but for the
  // test's own.
  void CutConnections() {
    ASSERT_TRUE(store_->connection().Query(
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE "
        "pid <> pg_backend_pid() AND backend_type = 'client backend'"));
  }

  void ExpireLeases() {
    ASSERT_TRUE(store_->connection().Query(
        "UPDATE rankadaptor.asked SET leased_until = now() - interval '1 "
        "second' WHERE study = $1",
        {store_->study()}));
  }

  // The trials of a study in which so many workers took part.
  std::vector<Trial> Run(const SleepingStudy& study, int num_workers) {
    const DatabaseLocation location = TestDatabase().Named(NewStudyName());
    auto store = PostgresStore::Create(location, {}).value();
    std::vector<std::thread> workers;
    for (int i = 0; i < num_workers; ++i) {
      workers.emplace_back([&] {
        Status done = SleepingWorker(location, study).Work();
        EXPECT_TRUE(done) << done.error().message;
      });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_THAT(store->LoadAsked().value(), IsEmpty());
    return WithoutTimes(store->LoadTrials().value());
  }

  static std::vector<Trial> WithoutTimes(std::vector<Trial> trials) {
    for (Trial& trial : trials) trial.duration_seconds = 0;
    return trials;
  }

  CancellationFlag cancellation_;
  const DatabaseLocation location_ = TestDatabase().Named(NewStudyName());
  std::unique_ptr<PostgresStore> store_;
};

TEST_F(WorkersTest, ATrialIsTakenByOneAndStoredWithAllThatItHas) {
  Ask({3, 1});
  auto first = Join();
  auto second = Join();
  const auto one = first->Take().value();
  const auto three = second->Take().value();
  EXPECT_EQ(one->trial, PlannedTrial(1));
  EXPECT_EQ(three->trial, PlannedTrial(3));
  EXPECT_FALSE(first->Take().value());
  EXPECT_TRUE(first->Finish(*one, Evaluated(*one)).value());
  EXPECT_THAT(store_->LoadTrials().value(), ElementsAre(Evaluated(*one)));
  EXPECT_THAT(store_->LoadAsked().value(), ElementsAre(PlannedTrial(3)));
}

TEST_F(WorkersTest, AnExpiredLeaseIsAnothersAndItsTrialCountsOnce) {
  Ask({0});
  auto slow = Join();
  auto other = Join();
  const auto lost = slow->Take().value();
  EXPECT_FALSE(other->Take().value());
  ExpireLeases();
  const auto taken = other->Take().value();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->attempt, 2);
  EXPECT_FALSE(slow->Finish(*lost, Evaluated(*lost)).value());
  EXPECT_THAT(store_->LoadTrials().value(), IsEmpty());
  EXPECT_TRUE(other->Finish(*taken, Evaluated(*taken)).value());
  EXPECT_FALSE(slow->Finish(*lost, Evaluated(*lost)).value());
  EXPECT_THAT(store_->LoadTrials().value(), SizeIs(1));
}

TEST_F(WorkersTest, AnExpiredLeaseThatNobodyTookIsStillGood) {
  Ask({0});
  auto slow = Join();
  const auto lease = slow->Take().value();
  ExpireLeases();
  EXPECT_TRUE(slow->Finish(*lease, Evaluated(*lease)).value());
}

TEST_F(WorkersTest, HeartbeatsKeepTheLease) {
  Ask({0});
  auto busy = Join();
  const auto lease = busy->Take().value();
  ExpireLeases();
  EXPECT_THAT(busy->Heartbeat().value().held, ElementsAre(lease->key()));
  EXPECT_FALSE(Join()->Take().value());
}

TEST_F(WorkersTest, AfterALostConnectionTheResultIsReported) {
  Ask({0});
  auto worker = Join();
  const auto lease = worker->Take().value();
  CutConnections();
  EXPECT_TRUE(worker->Finish(*lease, Evaluated(*lease)).value());
  EXPECT_THAT(store_->LoadTrials().value(), SizeIs(1));
}

// The server stored it, and its answer was lost.
TEST_F(WorkersTest, AResultThatIsReportedTwiceIsKnownToBeStored) {
  Ask({0});
  auto worker = Join();
  const auto lease = worker->Take().value();
  EXPECT_TRUE(worker->Finish(*lease, Evaluated(*lease)).value());
  EXPECT_TRUE(worker->Finish(*lease, Evaluated(*lease)).value());
  EXPECT_THAT(store_->LoadTrials().value(), SizeIs(1));
}

TEST_F(WorkersTest, WhatIsGivenBackIsTakenAtOnceAndDoesNotCount) {
  Ask({0, 1});
  auto leaving = Join();
  const auto lease = leaving->Take().value();
  leaving->Take().value();
  ASSERT_TRUE(leaving->GiveBack(*lease));
  auto other = Join();
  EXPECT_EQ(other->Take().value()->key(), LeaseKey(0, 1));
  EXPECT_FALSE(other->Take().value());
  leaving.reset();
  EXPECT_EQ(other->Take().value()->key(), LeaseKey(1, 1));
}

TEST_F(WorkersTest, ADeletedStudyIsSaidToBeGone) {
  auto worker = Join();
  ASSERT_TRUE(PostgresStore::Delete(location_));
  EXPECT_EQ(worker->Heartbeat().error().code, ErrorCode::kNotFound);
}

TEST_F(WorkersTest, OneLeadsAndAnotherOnlyWhenItIsGone) {
  auto leader = TryToLead(location_).value();
  ASSERT_NE(leader, nullptr);
  EXPECT_EQ(TryToLead(location_).value(), nullptr);
  auto worker = Join();
  EXPECT_TRUE(worker->Heartbeat().value().led);
  leader.reset();
  // The server ends the session a moment after the connection.
  while (worker->Heartbeat().value().led) std::this_thread::yield();
  EXPECT_NE(TryToLead(location_).value(), nullptr);
}

TEST_F(WorkersTest, BatchesGiveTheSameTrialsForAnyNumberOfWorkers) {
  const std::vector<Trial> alone = Run({}, 1);
  EXPECT_GE(alone.size(), 40u);
  EXPECT_THAT(alone[0].artifacts, ElementsAre("here:trial-0"));
  EXPECT_EQ(Run({}, 8), alone);
}

TEST_F(WorkersTest, WithoutBatchesEveryTrialIsThereOnce) {
  const std::vector<Trial> trials = Run({.asynchronous = true}, 8);
  ASSERT_GE(trials.size(), 40u);
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].id, static_cast<int64_t>(i));
    EXPECT_EQ(trials[i].state, TrialState::kComplete);
  }
}

TEST_F(WorkersTest, LostConnectionsChangeNothing) {
  const std::vector<Trial> undisturbed = Run({.max_trials = 60}, 1);
  const SleepingStudy study = {.max_trials = 60, .trial_seconds = 0.02};
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      Status done = SleepingWorker(location_, study).Work();
      EXPECT_TRUE(done) << done.error().message;
    });
  }
  for (size_t wanted : {10u, 30u, 50u}) {
    while (store_->LoadAppendOrder().value().size() < wanted) {
      std::this_thread::yield();
    }
    CutConnections();
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(WithoutTimes(store_->LoadTrials().value()), undisturbed);
}

TEST_F(WorkersTest, ATrialThatLosesItsWorkersTimeAndAgainHasFailed) {
  auto leader = TryToLead(location_).value();
  auto runner = QueueRunner::Create(*leader, cancellation_).value();
  Ask({0});
  auto doomed = Join();
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    ASSERT_EQ(doomed->Take().value()->attempt, attempt);
    ExpireLeases();
  }
  EXPECT_FALSE(doomed->Take().value());
  ASSERT_NE(QueueRunner::Create(*leader, cancellation_).value(), nullptr);
  const std::vector<Trial> trials = store_->LoadTrials().value();
  ASSERT_THAT(trials, SizeIs(1));
  EXPECT_EQ(trials[0].state, TrialState::kFailed);
  EXPECT_EQ(trials[0].reason,
            "3 workers in a row were lost while they evaluated it");
}

TEST_F(WorkersTest, AWorkerThatIsStoppedGivesItsTrialsBack) {
  SleepingWorker worker(location_, {.trial_seconds = 3600});
  std::thread stopper([&] {
    const std::string waiting =
        "SELECT count(*) FROM rankadaptor.asked WHERE study = $1 AND worker IS "
        "NOT NULL";
    while (store_->connection()
               .Query(waiting, {store_->study()})
               .value()[0]
               .Int(0) == 0) {
      std::this_thread::yield();
    }
    worker.Stop();
  });
  EXPECT_EQ(worker.Work().error().code, ErrorCode::kCancelled);
  stopper.join();
  EXPECT_EQ(Join()->Take().value()->key(), LeaseKey(0, 1));
}

class NullListener final : public TrialListener {
 public:
  void TrialStarted(const Trial&) override {}
  void TrialReported(const Trial&, double, double) override {}
  Status TrialFinished(const Trial&) override { return {}; }
};

TEST_F(WorkersTest, AnotherLeadersPlanIsRefused) {
  Ask({0});
  auto leader = TryToLead(location_).value();
  auto runner = QueueRunner::Create(*leader, cancellation_).value();
  Trial other = PlannedTrial(0);
  other.configuration.choices = {7, 7};
  NullListener listener;
  Status done = runner->Evaluate({other}, listener);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(done.error().message,
              HasSubstr("trial 0 was asked for by another leader"));
}

}  // namespace
}  // namespace rankadaptor::runners
