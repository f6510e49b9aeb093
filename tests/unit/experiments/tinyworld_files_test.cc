// What is committed for the small world is what its generator makes.
#include <filesystem>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/task.h"

#include "experiments/tinyworld/generate/corpus.h"
#include "experiments/tinyworld/generate/data_files.h"

namespace rankadaptor::tinyworld {
namespace {

const std::filesystem::path kFolder = TINYWORLD_DIR;

TEST(CommittedData, IsMadeAgainByteForByte) {
  for (const auto& [name, contents] : MakeDataFiles()) {
    const auto committed = ReadFile(kFolder / "data" / name);
    ASSERT_TRUE(committed) << committed.error().message;
    // Not EXPECT_EQ, which would print both files.
    EXPECT_TRUE(*committed == contents)
        << name << " differs from what is generated";
  }
}

TEST(CommittedData, HasNoOtherFiles) {
  const auto files = MakeDataFiles();
  for (const auto& entry :
       std::filesystem::directory_iterator(kFolder / "data")) {
    EXPECT_TRUE(files.contains(entry.path().filename().string()))
        << entry.path();
  }
}

TEST(CommittedData, LoadsAsTasks) {
  for (const Topic& topic : Topics()) {
    const auto file = kFolder / "data" / (std::string(topic.name) + ".yaml");
    const auto task = llama::LoadTask(file.string(), "");
    ASSERT_TRUE(task) << task.error().message;
    EXPECT_EQ(task->name, topic.name);
    ASSERT_EQ(std::ssize(task->documents), kNumItems);
    EXPECT_THAT(task->documents[0].requests, testing::SizeIs(4));
  }
}

TEST(CommittedModel, IsSmall) {
  uint64_t bytes = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(kFolder / "model")) {
    bytes += entry.file_size();
  }
  EXPECT_LE(bytes, 4'000'000);
}

}  // namespace
}  // namespace rankadaptor::tinyworld
