#include "rankadaptor/common/file.h"

#include <gmock/gmock.h>

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
