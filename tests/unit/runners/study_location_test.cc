#include "runners/store/study_location.h"

#include <gmock/gmock.h>

#include "runners/store/postgres.h"

namespace rankadaptor::runners {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StudyLocation, KnowsUrlsFromFiles) {
  EXPECT_TRUE(IsDatabaseUrl("postgresql://host/db?study=a"));
  EXPECT_TRUE(IsDatabaseUrl("postgres://"));
  EXPECT_FALSE(IsDatabaseUrl("postgresql.study.db"));
  EXPECT_FALSE(IsDatabaseUrl("folder/a.study.db"));
}

TEST(StudyLocation, TakesTheStudyOutOfTheUrl) {
  auto location = ParseDatabaseUrl(
      "postgresql://me@host:5433/db?sslmode=require&study=llama%207b&host=/s");
  ASSERT_TRUE(location) << location.error().message;
  EXPECT_EQ(location->connection,
            "postgresql://me@host:5433/db?sslmode=require&host=/s");
  EXPECT_EQ(location->study, "llama 7b");
  EXPECT_EQ(location->shown,
            "postgresql://me@host:5433/db?sslmode=require&host=/s"
            "&study=llama%207b");
}

TEST(StudyLocation, ADatabaseNeedsNoStudy) {
  auto location = ParseDatabaseUrl("postgresql:///db");
  ASSERT_TRUE(location);
  EXPECT_EQ(location->study, "");
  EXPECT_EQ(location->shown, "postgresql:///db");
  EXPECT_EQ(location->Named("a=b,c").shown, "postgresql:///db?study=a=b,c");
}

TEST(StudyLocation, NeverShowsThePassword) {
  auto location = ParseDatabaseUrl("postgresql://me:secret@host/db?study=a");
  ASSERT_TRUE(location);
  EXPECT_THAT(location->connection, HasSubstr("secret"));
  EXPECT_EQ(location->shown, "postgresql://me@host/db?study=a");
}

TEST(StudyLocation, RefusesNamesThatAreNone) {
  for (const char* url : {"postgresql:///db?study=",
                          "postgresql:///db?study=%0a",
                          "postgresql:///db?study=%4",
                          "postgresql:///db?study=%zz",
                          "postgresql:///db?study=a&study=b"}) {
    auto location = ParseDatabaseUrl(url);
    ASSERT_FALSE(location) << url;
    EXPECT_THAT(location.error().message, HasSubstr("'study' is given once"));
  }
}

TEST(PostgresConnection, AServerThatIsNotThereIsUnavailable) {
  const auto location =
      ParseDatabaseUrl(
          "postgresql://me:secret@/db?host=/nonexistent/folder&study=a")
          .value();
  auto connection = PostgresConnection::Open(location);
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(connection.error().message, HasSubstr("?host=/nonexistent"));
  EXPECT_THAT(connection.error().message, HasSubstr("cannot be reached: "));
  EXPECT_THAT(connection.error().message, Not(HasSubstr("secret")));
  EXPECT_THAT(connection.error().message, Not(HasSubstr("\n")));
}

TEST(PostgresConnection, AnOptionThatPostgresDoesNotKnowIsNamed) {
  const auto location = ParseDatabaseUrl("postgresql:///db?sslmod=x").value();
  auto connection = PostgresConnection::Open(location);
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(connection.error().message, HasSubstr("sslmod"));
}

}  // namespace
}  // namespace rankadaptor::runners
