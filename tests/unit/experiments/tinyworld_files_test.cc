// What is committed for the small world is what its generator makes.
#include <filesystem>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/tokenizer.h"

#include "experiments/tinyworld/generate/corpus.h"
#include "experiments/tinyworld/generate/data_files.h"
#include "experiments/tinyworld/tokenize/train_tokenizer.h"

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

TEST(CommittedTokenizer, IsMadeAgainByteForByte) {
  const auto text = ReadFile(kFolder / "data" / "recovery.txt");
  ASSERT_TRUE(text) << text.error().message;
  const auto made = TrainTokenizer(*text);
  ASSERT_TRUE(made) << made.error().message;
  const auto committed = ReadFile(kFolder / "model" / "tokenizer.model");
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_TRUE(*made == *committed) << "differs from what is trained";
}

// Whole words: a choice is one piece, so that a score is one prediction. (Only
// the rarest number is not.)
TEST(CommittedTokenizer, MakesOnePieceOfNearlyEachChoice) {
  const auto tokenizer = llama::Tokenizer::Load(kFolder / "model");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  std::set<std::string> split;
  for (const Topic& topic : Topics()) {
    for (const Item& item : MakeItems(topic, 50, 3)) {
      for (const std::string& choice : item.choices) {
        if (tokenizer->Encode(choice).value().size() > 1) split.insert(choice);
      }
    }
  }
  EXPECT_THAT(split, testing::IsSubsetOf({"eight"}));
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
