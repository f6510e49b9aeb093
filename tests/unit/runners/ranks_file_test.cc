#include "runners/llama/ranks_file.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RanksFileTest : public ::testing::Test {
 protected:
  Result<std::vector<int>> Read(const std::string& text, int num_layers) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "ranks", text));
    return ReadRanksFile(folder_ / "ranks", num_layers);
  }

  rankadaptor::testing::TemporaryFolder folder_;
};

TEST_F(RanksFileTest, ReadsJsonListsAndPlainNumbers) {
  for (const char* text :
       {"[2, 0, 12]", " [2,0,12]\n", "2,0,12", "2 0\n12\n", "2, 0 ,\t12"}) {
    auto ranks = Read(text, 3);
    ASSERT_TRUE(ranks) << ranks.error().message;
    EXPECT_THAT(*ranks, ElementsAre(2, 0, 12)) << text;
  }
}

TEST_F(RanksFileTest, NamesTheLayerWhoseRankIsWrong) {
  for (const char* text :
       {"2 x 4", "2 -1 4", "2 1.5 4", "2 65537 4", "2,,4", "[2, [3], 4]"}) {
    auto ranks = Read(text, 3);
    ASSERT_FALSE(ranks) << text;
    EXPECT_THAT(ranks.error().message, HasSubstr("rank of layer 1 = ")) << text;
  }
}

TEST_F(RanksFileTest, NamesBothNumbersWhenTheyAreTooFewOrTooMany) {
  for (const char* text : {"", "[]", "2 4", "2 4 6 8"}) {
    auto ranks = Read(text, 3);
    ASSERT_FALSE(ranks) << text;
    EXPECT_THAT(ranks.error().message, HasSubstr("the model has 3 layers"));
  }
}

}  // namespace
}  // namespace rankadaptor::runners
