#include "runners/store/sqlite_store.h"

#include <bit>
#include <cmath>
#include <limits>
#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "rankadaptor/common/file.h"

#include "runners/store/failed_trials.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

StudyHeader Header() {
  return {.fingerprint = "f00d",
          .seed = 0xffff'ffff'ffff'fff0,
          .evaluator = "synthetic 1",
          .config = "{\"schema_revision\": 1}",
          .config_file = "/configs/a.yaml",
          .created_unix_microseconds = 1'700'000'000'000'000};
}

Trial MakeTrial(int64_t id) {
  Trial trial;
  trial.id = id;
  trial.purpose = TrialPurpose::kBaseline;
  trial.label = "uniform 8, \"quoted\"";
  trial.configuration = {{0, 5, 3}};
  trial.seed = 0x8000'0000'0000'0001;
  trial.split = ItemSplit::kConfirm;
  trial.predicted = 0.1 + static_cast<double>(id);
  trial.state = TrialState::kComplete;
  trial.measurement = {0.1 + 0.2, {{"b", 1.0 / 3}, {"a", 1e-300}}};
  trial.duration_seconds = 1.5;
  return trial;
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  // A study with `num_trials` trials, closed.
  void MakeStudy(int num_trials) {
    auto store = SqliteStore::Create(file_, Header());
    ASSERT_TRUE(store) << store.error().message;
    for (int i = 0; i < num_trials; ++i) {
      ASSERT_TRUE((*store)->AppendTrial(MakeTrial(i)));
    }
  }

  void RunSql(const std::string& statements) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &connection), SQLITE_OK);
    const std::string sql = "PRAGMA synchronous = OFF; " + statements;
    EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }

  // The error of opening the study or of reading its trials.
  Error ReadError() {
    auto store = SqliteStore::Open(file_);
    if (!store) return store.error();
    auto trials = (*store)->LoadTrials();
    return trials ? Error{ErrorCode::kInternal, "no error"} : trials.error();
  }

  TemporaryFolder folder_;
  fs::path file_ = folder_ / "a.study.db";
};

TEST_F(SqliteStoreTest, KeepsHeaderAndTrials) {
  MakeStudy(3);
  auto store = SqliteStore::Open(file_);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->header(), Header());
  EXPECT_THAT((*store)->LoadTrials().value(),
              ElementsAre(MakeTrial(0), MakeTrial(1), MakeTrial(2)));
}

TEST_F(SqliteStoreTest, KeepsFailedTrials) {
  Trial failed;
  failed.id = 0;
  failed.state = TrialState::kFailed;
  failed.reason = "it broke";
  auto store = SqliteStore::Create(file_, Header()).value();
  ASSERT_TRUE(store->AppendTrial(failed));
  EXPECT_THAT(store->LoadTrials().value(), ElementsAre(failed));
}

TEST_F(SqliteStoreTest, KeepsEveryBitOfDoubles) {
  const std::vector<double> numbers = {
      -0.0,
      0.0,
      3.0,
      0.1,
      std::numeric_limits<double>::denorm_min(),
      std::numeric_limits<double>::max(),
      -std::numeric_limits<double>::infinity(),
      std::nextafter(1.0, 2.0)};
  auto store = SqliteStore::Create(file_, Header()).value();
  Trial trial = MakeTrial(0);
  trial.measurement.metrics.clear();
  for (double number : numbers) {
    trial.measurement.metrics.push_back({std::to_string(number), number});
  }
  ASSERT_TRUE(store->AppendTrial(trial));
  std::vector<Trial> loaded = store->LoadTrials().value();
  for (size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(std::bit_cast<uint64_t>(loaded[0].measurement.metrics[i].value),
              std::bit_cast<uint64_t>(numbers[i]))
        << numbers[i];
  }
}

TEST_F(SqliteStoreTest, RefusesATrialTwiceAndKeepsTheFirst) {
  auto store = SqliteStore::Create(file_, Header()).value();
  ASSERT_TRUE(store->AppendTrial(MakeTrial(0)));
  Trial other = MakeTrial(0);
  other.label = "other";
  Status again = store->AppendTrial(other);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(again.error().message, HasSubstr("trial 0"));
  EXPECT_THAT(store->LoadTrials().value(), ElementsAre(MakeTrial(0)));
}

TEST_F(SqliteStoreTest, RefusesNan) {
  auto store = SqliteStore::Create(file_, Header()).value();
  Trial trial = MakeTrial(0);
  trial.measurement.metrics[1].value = std::nan("");
  Status status = store->AppendTrial(trial);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("metric 'a' is NaN"));
  EXPECT_THAT(store->LoadTrials().value(), IsEmpty());
}

TEST_F(SqliteStoreTest, DoesNotReplaceAStudy) {
  MakeStudy(1);
  auto again = SqliteStore::Create(file_, Header());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(SqliteStore::Open(file_).value()->LoadTrials().value(),
              SizeIs(1));
}

TEST_F(SqliteStoreTest, MissingStudyIsNotFound) {
  EXPECT_EQ(SqliteStore::Open(file_).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(SqliteStore::OpenToRead(file_).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(SqliteStoreTest, LeavesOnlyTheStudyWhenClosed) {
  MakeStudy(1);
  int num_files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    EXPECT_EQ(entry.path(), file_);
    ++num_files;
  }
  EXPECT_EQ(num_files, 1);
}

TEST_F(SqliteStoreTest, ASecondWriterIsRefusedAReaderIsNot) {
  auto writer = SqliteStore::Create(file_, Header()).value();
  ASSERT_TRUE(writer->AppendTrial(MakeTrial(0)));
  auto second = SqliteStore::Open(file_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  auto reader = SqliteStore::OpenToRead(file_);
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE(writer->AppendTrial(MakeTrial(1)));
  EXPECT_THAT((*reader)->LoadTrials().value(), SizeIs(2));
  EXPECT_EQ((*reader)->AppendTrial(MakeTrial(2)).error().code,
            ErrorCode::kFailedPrecondition);
}

TEST_F(SqliteStoreTest, IgnoresJournalsOfADeletedStudy) {
  MakeStudy(2);
  ASSERT_TRUE(WriteFileAtomically(file_.string() + "-wal", "leftover"));
  fs::remove(file_);
  auto store = SqliteStore::Create(file_, Header());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_THAT((*store)->LoadTrials().value(), IsEmpty());
}

TEST_F(SqliteStoreTest, NewerSchemaIsRefusedWithBothNumbers) {
  MakeStudy(1);
  RunSql("PRAGMA user_version = 7");
  EXPECT_EQ(ReadError().code, ErrorCode::kDataLoss);
  EXPECT_THAT(ReadError().message,
              HasSubstr("schema revision 7, this program reads up to 4"));
}

// As the program wrote it before it kept what an evaluation reports.
constexpr char kToRevision3[] =
    "DROP TABLE reports; DROP TABLE artifacts; PRAGMA user_version = 3";

TEST_F(SqliteStoreTest, RevisionThreeIsReadAndGoesOn) {
  MakeStudy(1);
  RunSql(kToRevision3);
  EXPECT_THAT(SqliteStore::OpenToRead(file_).value()->LoadTrials().value(),
              ElementsAre(MakeTrial(0)));
  auto store = SqliteStore::Open(file_).value();
  Trial trial = MakeTrial(1);
  trial.reports = {{0.5, 1}};
  trial.artifacts = {"trial-1"};
  ASSERT_TRUE(store->AppendTrial(trial));
  EXPECT_THAT(store->LoadTrials().value(), ElementsAre(MakeTrial(0), trial));
}

// As the program wrote it before a trial could be short.
constexpr char kToRevision2[] =
    "DROP TABLE reports; DROP TABLE artifacts;"
    "ALTER TABLE trials DROP COLUMN fidelity;"
    "ALTER TABLE trials DROP COLUMN deviation;"
    "ALTER TABLE trials DROP COLUMN expected_improvement;"
    "ALTER TABLE asked DROP COLUMN fidelity;"
    "ALTER TABLE asked DROP COLUMN deviation;"
    "ALTER TABLE asked DROP COLUMN expected_improvement;"
    "PRAGMA user_version = 2";

TEST_F(SqliteStoreTest, RevisionTwoIsReadAndGoesOn) {
  MakeStudy(2);
  RunSql(kToRevision2);
  auto reader = SqliteStore::OpenToRead(file_).value();
  EXPECT_EQ(reader->LoadTrials().value()[1].fidelity, 1);
  reader.reset();
  auto store = SqliteStore::Open(file_).value();
  Trial trial = MakeTrial(2);
  trial.fidelity = 0.25;
  trial.deviation = 0.5;
  trial.expected_improvement = 0.125;
  ASSERT_TRUE(store->AppendTrial(trial));
  const std::vector<Trial> trials = store->LoadTrials().value();
  ASSERT_THAT(trials, SizeIs(3));
  EXPECT_EQ(trials[0].fidelity, 1);
  EXPECT_FALSE(trials[0].deviation);
  EXPECT_EQ(trials[2], trial);
}

// As the program wrote it before trials were asked for.
TEST_F(SqliteStoreTest, RevisionOneIsReadAndGoesOn) {
  MakeStudy(2);
  RunSql(kToRevision2);
  RunSql("DROP TABLE asked; DROP TABLE append_order; PRAGMA user_version = 1");
  auto reader = SqliteStore::OpenToRead(file_).value();
  EXPECT_THAT(reader->LoadAppendOrder().value(), ElementsAre(0, 1));
  EXPECT_THAT(reader->LoadAsked().value(), IsEmpty());
  reader.reset();
  auto store = SqliteStore::Open(file_).value();
  EXPECT_THAT(store->LoadTrials().value(), SizeIs(2));
  ASSERT_TRUE(store->AppendAsked(std::vector<Trial>{MakeTrial(2)}));
  EXPECT_THAT(store->LoadAsked().value(), SizeIs(1));
  EXPECT_THAT(store->LoadAppendOrder().value(), ElementsAre(0, 1));
}

// Initial trials do not depend on results, all others do.
TEST_F(SqliteStoreTest, WhatFailedAndWhatCameAfterIsForgotten) {
  auto store = SqliteStore::Create(file_, Header()).value();
  auto append = [&](int64_t id, TrialPurpose purpose, TrialState state) {
    Trial trial = MakeTrial(id);
    trial.purpose = purpose;
    trial.state = state;
    ASSERT_TRUE(store->AppendTrial(trial));
  };
  append(0, TrialPurpose::kInitial, TrialState::kComplete);
  append(1, TrialPurpose::kInitial, TrialState::kFailed);
  append(2, TrialPurpose::kInitial, TrialState::kComplete);
  append(3, TrialPurpose::kSearch, TrialState::kComplete);
  append(4, TrialPurpose::kFinalist, TrialState::kInfeasible);
  store.reset();
  ASSERT_TRUE(ForgetFailedTrials(file_));
  store = SqliteStore::Open(file_).value();
  EXPECT_THAT(store->LoadTrials().value(), SizeIs(2));
  EXPECT_THAT(store->LoadAppendOrder().value(), ElementsAre(0, 2));
  store.reset();
  ASSERT_TRUE(ForgetFailedTrials(file_));
  EXPECT_THAT(SqliteStore::Open(file_).value()->LoadTrials().value(),
              SizeIs(2));
}

TEST_F(SqliteStoreTest, ForeignFilesAreRefused) {
  ASSERT_TRUE(WriteFileAtomically(file_, std::string(5000, 'x')));
  EXPECT_EQ(ReadError().code, ErrorCode::kDataLoss);
  EXPECT_THAT(ReadError().message, HasSubstr(file_.string()));
  ASSERT_TRUE(WriteFileAtomically(file_, ""));
  EXPECT_THAT(ReadError().message, HasSubstr("is not a RankAdaptor study"));
  fs::remove(file_);
  RunSql("CREATE TABLE t (a)");
  EXPECT_THAT(ReadError().message, HasSubstr("is not a RankAdaptor study"));
}

struct Damage {
  const char* sql;
  const char* message;
};

TEST_F(SqliteStoreTest, ValuesNoStudyCanHoldAreNamed) {
  const Damage damages[] = {
      {"UPDATE trials SET state = 9 WHERE id = 1", "trial 1: unknown state"},
      {"UPDATE trials SET purpose = 0 WHERE id = 1",
       "trial 1: unknown purpose"},
      {"UPDATE trials SET split = 3 WHERE id = 1", "trial 1: unknown split"},
      {"UPDATE trials SET choices = '[1,' WHERE id = 1", "trial 1: choices"},
      {"UPDATE trials SET choices = '[-1]' WHERE id = 1", "trial 1: choices"},
      {"UPDATE metrics SET trial_id = 5 WHERE trial_id = 1", "trial 5"},
      {"UPDATE trials SET fidelity = 0 WHERE id = 1", "trial 1: the fidelity"},
      {"DELETE FROM studies", "has no header"},
      {"DROP TABLE metrics", "no such table: metrics"},
  };
  MakeStudy(2);
  const std::string bytes = ReadFile(file_).value();
  for (const Damage& damage : damages) {
    ASSERT_TRUE(WriteFileAtomically(file_, bytes));
    RunSql(damage.sql);
    EXPECT_THAT(ReadError().message, HasSubstr(damage.message));
    EXPECT_THAT(ReadError().message, HasSubstr(file_.string()));
  }
}

TEST_F(SqliteStoreTest, CutFilesAreAnErrorNeverHalfAStudy) {
  MakeStudy(40);
  Trial trial = MakeTrial(40);
  trial.artifacts = {"in the last page"};
  ASSERT_TRUE(SqliteStore::Open(file_).value()->AppendTrial(trial));
  const std::string bytes = ReadFile(file_).value();
  for (size_t size = 512; size < bytes.size(); size += 4096 / 2) {
    ASSERT_TRUE(WriteFileAtomically(file_, bytes.substr(0, size)));
    EXPECT_EQ(ReadError().code, ErrorCode::kDataLoss) << size;
  }
}

TEST_F(SqliteStoreTest, OverwrittenPagesNeverCrash) {
  MakeStudy(40);
  const std::string bytes = ReadFile(file_).value();
  for (size_t at = 100; at < bytes.size(); at += 777) {
    std::string damaged = bytes;
    damaged.replace(at, 16, 16, '\xff');
    damaged.resize(bytes.size());
    ASSERT_TRUE(WriteFileAtomically(file_, damaged));
    EXPECT_THAT(ReadError().message, ::testing::Not(IsEmpty()));
  }
}

// The child appends trials and tells after each; the parent kills it as soon
// as it has heard of `num_told`, at whatever point of the next it is then.
void KillWriterAfter(const fs::path& file, int num_told) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto store = SqliteStore::Create(file, Header());
    for (int i = 0; store && i < 10'000; ++i) {
      if (!(*store)->AppendTrial(MakeTrial(i))) ::_exit(1);
      if (::write(pipe_ends[1], "x", 1) != 1) ::_exit(1);
    }
    ::_exit(1);
  }
  ::close(pipe_ends[1]);
  char byte = 0;
  for (int i = 0; i < num_told; ++i)
    ASSERT_EQ(::read(pipe_ends[0], &byte, 1), 1);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ::close(pipe_ends[0]);
}

TEST_F(SqliteStoreTest, EveryStoredTrialSurvivesAKilledProcess) {
  for (int num_told : {1, 2, 5, 9}) {
    fs::remove(file_);
    KillWriterAfter(file_, num_told);
    auto store = SqliteStore::Open(file_);
    ASSERT_TRUE(store) << store.error().message;
    std::vector<Trial> trials = (*store)->LoadTrials().value();
    ASSERT_GE(trials.size(), num_told);
    for (size_t i = 0; i < trials.size(); ++i) {
      EXPECT_EQ(trials[i], MakeTrial(static_cast<int64_t>(i)));
    }
    EXPECT_TRUE((*store)->AppendTrial(MakeTrial(1'000'000)));
  }
}

}  // namespace
}  // namespace rankadaptor::runners
