// The PostgreSQL store with a real server (with_postgres).
#include "runners/store/postgres_store.h"

#include <limits>
#include <memory>
#include <thread>

#include <gmock/gmock.h>

#include "tests/contract/store_contract.h"
#include "tests/services/test_database.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::NewStudyName;
using rankadaptor::testing::TestDatabase;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class PostgresHarness final : public StoreHarness {
 public:
  PostgresHarness()
      : location_(TestDatabase().Named(NewStudyName())),
        store_(PostgresStore::Create(location_, {}).value()) {}
  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    store_ = PostgresStore::Open(location_).value();
  }

 private:
  const DatabaseLocation location_;
  std::unique_ptr<PostgresStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Postgres,
                         StoreContract,
                         ::testing::Values(&MakeStoreHarness<PostgresHarness>));

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
  trial.configuration.choices = {1, 2, 3};
  trial.state = TrialState::kComplete;
  trial.measurement = {0.5, {{"a", 1}}};
  return trial;
}

class PostgresStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<PostgresStore> Create() {
    return PostgresStore::Create(location_, Header()).value();
  }
  std::unique_ptr<PostgresStore> Open() {
    return PostgresStore::Open(location_).value();
  }

  const DatabaseLocation location_ = TestDatabase().Named(NewStudyName());
};

TEST_F(PostgresStoreTest, KeepsTheHeader) {
  Create();
  EXPECT_EQ(Open()->header(), Header());
}

TEST_F(PostgresStoreTest, AChangedConfigIsKept) {
  ASSERT_TRUE(Create()->ReplaceConfig(7, "{}"));
  EXPECT_EQ(Open()->header().seed, 7u);
  EXPECT_EQ(Open()->header().config, "{}");
}

TEST_F(PostgresStoreTest, ANameIsUsedOnce) {
  Create();
  auto again = PostgresStore::Create(location_, Header());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(again.error().message, HasSubstr("&study=study%20"));
}

TEST_F(PostgresStoreTest, AMissingStudyIsNotFound) {
  auto missing = PostgresStore::Open(location_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST_F(PostgresStoreTest, AStudyIsListedUntilItIsDeleted) {
  ASSERT_TRUE(Create()->AppendTrial(MakeTrial(0)));
  EXPECT_THAT(PostgresStore::List(location_).value(),
              Contains(location_.study));
  ASSERT_TRUE(PostgresStore::Delete(location_));
  EXPECT_THAT(PostgresStore::List(location_).value(),
              Not(Contains(location_.study)));
  EXPECT_FALSE(PostgresStore::Delete(location_));
}

TEST_F(PostgresStoreTest, TextThatIsNotUtf8IsKeptAsFarAsItCanBe) {
  Trial trial = MakeTrial(0);
  trial.reason = std::string("bad \xff byte, nul \0 byte", 22);
  ASSERT_TRUE(Create()->AppendTrial(trial));
  EXPECT_EQ(Open()->LoadTrials().value()[0].reason,
            "bad \xEF\xBF\xBD byte, nul \xEF\xBF\xBD byte");
}

TEST_F(PostgresStoreTest, RefusesNan) {
  Trial trial = MakeTrial(0);
  trial.measurement.metrics[0].value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Create()->AppendTrial(trial).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(PostgresStoreTest, ATrialThatIsStoredIsNotAskedAgain) {
  auto store = Create();
  ASSERT_TRUE(store->AppendTrial(MakeTrial(1)));
  const std::vector<Trial> asked = {MakeTrial(0), MakeTrial(1)};
  EXPECT_EQ(store->AppendAsked(asked).error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(store->LoadAsked().value(), SizeIs(0));
}

TEST_F(PostgresStoreTest, ManyWritersStoreEveryTrialOnce) {
  constexpr int kWriters = 8;
  constexpr int kTrials = 50;
  Create();
  std::atomic<int> num_stored = 0;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      auto store = Open();
      for (int i = 0; i < kTrials; ++i) {  // all of them want trials 0 to 9
        if (store->AppendTrial(MakeTrial(i < 10 ? i : i + kTrials * writer))) {
          ++num_stored;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(num_stored, 10 + kWriters * (kTrials - 10));
  EXPECT_THAT(Open()->LoadTrials().value(), SizeIs(num_stored.load()));
  EXPECT_THAT(Open()->LoadAppendOrder().value(), SizeIs(num_stored.load()));
}

TEST_F(PostgresStoreTest, ALostConnectionIsSaidToBeOne) {
  auto store = Create();
  auto other = Open();
  ASSERT_TRUE(other->connection().Query(
      "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE pid "
      "= $1",
      {store->connection()
           .Query("SELECT pg_backend_pid()")
           .value()[0]
           .Int(0)}));
  EXPECT_EQ(store->AppendTrial(MakeTrial(0)).error().code,
            ErrorCode::kUnavailable);
  EXPECT_FALSE(store->connection().connected());
  EXPECT_THAT(other->LoadTrials().value(), SizeIs(0));
}

// In a database of its own, since it changes the tables of all studies.
class PostgresSchemaTest : public ::testing::Test {
 protected:
  PostgresSchemaTest() {
    Run(TestDatabase(), "CREATE DATABASE " + name_);
    std::string url = TestDatabase().connection;
    url.replace(url.find("/postgres?"), 9, "/" + name_);
    location_ = ParseDatabaseUrl(url + "&study=a").value();
  }
  ~PostgresSchemaTest() override {
    Run(TestDatabase(), "DROP DATABASE " + name_);
  }

  static void Run(const DatabaseLocation& where, const std::string& statement) {
    auto connection = PostgresConnection::Open(where).value();
    Status done = connection.Execute(statement);
    EXPECT_TRUE(done) << done.error().message;
  }

  const std::string name_ =
      "schema_test_" + std::to_string(::getpid()) + "_" +
      std::to_string(
          ::testing::UnitTest::GetInstance()->current_test_info()->line());
  DatabaseLocation location_;
};

TEST_F(PostgresSchemaTest, ANewerRevisionIsRefusedWithBothNumbers) {
  ASSERT_TRUE(PostgresStore::Create(location_, Header()));
  Run(location_, "UPDATE rankadaptor.schema_revision SET revision = 1000");
  auto store = PostgresStore::Open(location_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(store.error().message,
              HasSubstr("has schema revision 1000, this program knows up to"));
}

TEST_F(PostgresSchemaTest, ProgramsThatStartTogetherMakeTheTablesOnce) {
  std::vector<std::thread> programs;
  for (int i = 0; i < 8; ++i) {
    programs.emplace_back([&, i] {
      auto store = PostgresStore::Create(
          location_.Named("study " + std::to_string(i)), Header());
      EXPECT_TRUE(store) << store.error().message;
    });
  }
  for (std::thread& program : programs) program.join();
  EXPECT_THAT(PostgresStore::List(location_).value(), SizeIs(8));
}

}  // namespace
}  // namespace rankadaptor::runners
