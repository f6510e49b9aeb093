#include "runners/store/file_lock.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using ::testing::HasSubstr;

TEST(FileLock, ASecondHolderIsRefusedByProcessId) {
  rankadaptor::testing::TemporaryFolder folder;
  Result<FileLock> first = FileLock::Acquire(folder / "study");
  ASSERT_TRUE(first);
  Result<FileLock> second = FileLock::Acquire(folder / "study");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message,
              HasSubstr("process " + std::to_string(::getpid())));
}

TEST(FileLock, IsReleasedAndRemovedAtTheEnd) {
  rankadaptor::testing::TemporaryFolder folder;
  { ASSERT_TRUE(FileLock::Acquire(folder / "study")); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_TRUE(FileLock::Acquire(folder / "study"));
}

TEST(FileLock, DiesWithItsProcess) {
  rankadaptor::testing::TemporaryFolder folder;
  pid_t child = ::fork();
  if (child == 0) {
    Result<FileLock> held = FileLock::Acquire(folder / "study");
    ::_exit(held ? 0 : 1);  // without destructors, as if killed
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "study-lock"));
  EXPECT_TRUE(FileLock::Acquire(folder / "study"));
}

TEST(FileLock, MissingFolderIsNamed) {
  Result<FileLock> lock = FileLock::Acquire("/nonexistent/study");
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().message, HasSubstr("/nonexistent/study"));
}

}  // namespace
}  // namespace rankadaptor::runners
