#include "rankadaptor/common/file.h"

#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  const rankadaptor::testing::TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
};

TEST_F(FileTest, ReadsWhatWasWritten) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "a", "text"));
  EXPECT_EQ(ReadFile(folder_ / "a").value(), "text");
}

TEST_F(FileTest, MissingFileIsNamed) {
  auto result = ReadFile(folder_ / "none");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(result.error().message, HasSubstr("none"));
}

TEST_F(FileTest, TooLargeFileIsRefused) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "a", "12345"));
  EXPECT_FALSE(ReadFile(folder_ / "a", 4));
}

TEST_F(FileTest, AtomicFileAppearsWholeAtCommit) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "a", "old"));
  auto out = AtomicFile::Create(folder_ / "a").value();
  ASSERT_TRUE(out.Append("one "));
  ASSERT_TRUE(out.Append("two"));
  EXPECT_EQ(ReadFile(folder_ / "a").value(), "old");
  ASSERT_TRUE(out.Commit());
  EXPECT_EQ(ReadFile(folder_ / "a").value(), "one two");
}

TEST_F(FileTest, AbandonedAtomicFileLeavesNoTrace) {
  {
    auto out = AtomicFile::Create(folder_ / "a").value();
    ASSERT_TRUE(out.Append("half"));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(FileTest, AtomicFileThatCannotReplaceItsTargetLeavesNoTrace) {
  fs::create_directory(folder_ / "a");
  {
    auto out = AtomicFile::Create(folder_ / "a").value();
    EXPECT_FALSE(out.Commit());
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, AtomicFileNeedsItsFolder) {
  auto out = AtomicFile::Create(folder_ / "none" / "a");
  ASSERT_FALSE(out);
  EXPECT_THAT(out.error().message, HasSubstr("none/a: cannot be written"));
}

TEST_F(FileTest, OutputFolderAppearsOnlyAtCommit) {
  {
    auto out = OutputFolder::Create(folder_ / "out").value();
    ASSERT_TRUE(WriteFileAtomically(out.path() / "x", "1"));
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  auto out = OutputFolder::Create(folder_ / "out").value();
  ASSERT_TRUE(WriteFileAtomically(out.path() / "x", "1"));
  ASSERT_TRUE(out.Commit());
  EXPECT_TRUE(fs::exists(folder_ / "out" / "x"));
}

TEST_F(FileTest, OutputFolderNeverOverwrites) {
  fs::create_directory(folder_ / "out");
  ASSERT_TRUE(WriteFileAtomically(folder_ / "out" / "x", "1"));
  auto out = OutputFolder::Create(folder_ / "out");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kAlreadyExists);
}

// A child of this process makes an output folder and dies; returns its id.
pid_t DieWhileWriting(const fs::path& target) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto out = OutputFolder::Create(target);
    if (out) static_cast<void>(WriteFileAtomically(out->path() / "x", "1"));
    ::_exit(0);  // no destructor
  }
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST_F(FileTest, OutputFolderRemovesWhatAKilledProcessLeft) {
  const pid_t child = DieWhileWriting(folder_ / "out");
  const fs::path left = folder_ / ("out.partial-" + std::to_string(child));
  ASSERT_TRUE(fs::exists(left / "x"));
  // Not of this name.
  for (const char* name :
       {"out2.partial-1", "out.partial-", "out.partial-1a"}) {
    fs::create_directory(folder_ / name);
  }
  fs::create_directory_symlink(folder_ / "out2.partial-1",
                               folder_ / "out.partial-2");
  ASSERT_TRUE(WriteFileAtomically(folder_ / "out.partial-3", "a file"));
  auto out = OutputFolder::Create(folder_ / "out").value();
  EXPECT_FALSE(fs::exists(left));
  // All but `left`, and the folder that is being written.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 6);
}

TEST_F(FileTest, OutputFolderLeavesAloneWhatIsBeingWritten) {
  auto first = OutputFolder::Create(folder_ / "out").value();
  ASSERT_TRUE(WriteFileAtomically(first.path() / "x", "1"));
  DieWhileWriting(folder_ / "out");
  EXPECT_TRUE(fs::exists(first.path() / "x"));
  ASSERT_TRUE(first.Commit());
  EXPECT_TRUE(fs::exists(folder_ / "out" / "x"));
}

TEST_F(FileTest, OneProcessWritesAnOutputFolderOnce) {
  auto first = OutputFolder::Create(folder_ / "out").value();
  auto second = OutputFolder::Create(folder_ / "out");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("cannot be made: File exists"));
}

// Each thread is a process to the others: locks belong to descriptors.
TEST_F(FileTest, OutputFoldersOfManyNamesAtOnce) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const fs::path name =
            folder_ / ("out" + std::to_string(t) + "-" + std::to_string(i));
        auto out = OutputFolder::Create(name);
        ASSERT_TRUE(out) << out.error().message;
        ASSERT_TRUE(out->Commit());
      }
    });
  }
  threads.clear();
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 200);
}

TEST_F(FileTest, WhatDoesNotFitOnTheDiskLeavesNothing) {
  {
    const rankadaptor::testing::FileSizeLimit limit(10);
    auto out = OutputFolder::Create(folder_ / "out").value();
    ASSERT_TRUE(WriteFileAtomically(out.path() / "small", "1"));
    const Status status =
        WriteFileAtomically(out.path() / "large", std::string(11, 'x'));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
    EXPECT_FALSE(fs::exists(out.path() / "large"));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace rankadaptor
