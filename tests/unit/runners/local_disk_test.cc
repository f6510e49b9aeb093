#include "runners/store/local_disk.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "runners/store/study_copy.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::TemporaryFolder;

TEST(LocalDisk, KnowsNetworkFileSystemsByTheirNumber) {
  EXPECT_EQ(NetworkFileSystem(0x6969), "NFS");
  EXPECT_EQ(NetworkFileSystem(0xff534d42), "SMB");
  EXPECT_EQ(NetworkFileSystem(0x0bd00bd0), "Lustre");
  EXPECT_EQ(NetworkFileSystem(0xef53), std::nullopt);      // ext4
  EXPECT_EQ(NetworkFileSystem(0x01021994), std::nullopt);  // tmpfs
}

TEST(LocalDisk, TheFolderOfTestsIsOne) {
  TemporaryFolder folder;
  EXPECT_TRUE(CheckOnLocalDisk(folder / "a.study.db"));
  EXPECT_TRUE(CheckOnLocalDisk("a.study.db"));
}

TEST(StudyCopy, IsWholeWhileTheStudyIsWrittenTo) {
  TemporaryFolder folder;
  StudyHeader header{.fingerprint = "f", .config = "{}"};
  auto store = SqliteStore::Create(folder / "a.db", header).value();
  for (int id = 0; id < 3; ++id) {
    Trial trial;
    trial.id = id;
    trial.reason = "none";
    ASSERT_TRUE(store->AppendTrial(trial));
    ASSERT_TRUE(CopyStudyFile(folder / "a.db", folder / "b.db"));
    auto copy = SqliteStore::Open(folder / "b.db").value();
    EXPECT_EQ(copy->LoadTrials().value(), store->LoadTrials().value());
    EXPECT_EQ(copy->header(), header);
  }
}

TEST(StudyCopy, LeavesWhatIsThereIfItCannot) {
  TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "b.db", "kept"));
  EXPECT_FALSE(CopyStudyFile(folder / "none.db", folder / "b.db"));
  EXPECT_EQ(ReadFile(folder / "b.db").value(), "kept");
}

}  // namespace
}  // namespace rankadaptor::runners
