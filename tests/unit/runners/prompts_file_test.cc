#include "runners/llama/prompts_file.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PromptsFile, HasAPromptALineOrAnObjectALine) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "p.txt", "one\r\n\ntwo"));
  EXPECT_THAT(*ReadPromptsFile(folder / "p.txt"), ElementsAre("one", "two"));
  ASSERT_TRUE(
      WriteFileAtomically(folder / "p.jsonl", "{\"prompt\": \"a\\nb\"}\n"));
  EXPECT_THAT(*ReadPromptsFile(folder / "p.jsonl"), ElementsAre("a\nb"));
  ASSERT_TRUE(WriteFileAtomically(folder / "bad.jsonl", "\n{\"p\": 1}\n"));
  EXPECT_THAT(ReadPromptsFile(folder / "bad.jsonl").error().message,
              HasSubstr("line 2: is not an object with a text \"prompt\""));
  ASSERT_TRUE(WriteFileAtomically(folder / "empty.txt", "\n"));
  EXPECT_THAT(ReadPromptsFile(folder / "empty.txt").error().message,
              HasSubstr("holds no prompt"));
}

}  // namespace
}  // namespace rankadaptor::runners
