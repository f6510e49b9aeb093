#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "experiments/tinyworld/generate/corpus.h"

namespace rankadaptor::tinyworld {
namespace {

// Every kind of document.
const Mixture kMixture = {{"facts", 20},
                          {"echo", 10},
                          {"counting", 10},
                          {"comparison", 10},
                          {"grammar", 10}};

using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Tasks : public testing::TestWithParam<Topic> {};

INSTANTIATE_TEST_SUITE_P(All,
                         Tasks,
                         testing::ValuesIn(Topics().begin(), Topics().end()),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST_P(Tasks, SameSeedGivesTheSameItems) {
  const auto a = MakeItems(GetParam(), 20, 3);
  const auto b = MakeItems(GetParam(), 20, 3);
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].context, b[i].context);
    EXPECT_EQ(a[i].choices, b[i].choices);
    EXPECT_EQ(a[i].gold, b[i].gold);
  }
}

TEST_P(Tasks, ContextsDiffer) {
  std::set<std::string> contexts;
  for (const Item& item : MakeItems(GetParam(), 200, 3)) {
    EXPECT_TRUE(contexts.insert(item.context).second) << item.context;
  }
}

TEST_P(Tasks, ItemsHaveFourDifferentChoices) {
  for (const Item& item : MakeItems(GetParam(), 200, 3)) {
    EXPECT_THAT(item.choices, SizeIs(4));
    EXPECT_THAT(std::set(item.choices.begin(), item.choices.end()), SizeIs(4))
        << item.context;
    EXPECT_THAT(item.choices, Each(Not(IsEmpty())));
  }
}

TEST_P(Tasks, GoldIsEquallyOftenInEachPlace) {
  std::array<int, 4> count{};
  for (const Item& item : MakeItems(GetParam(), 200, 3)) ++count[item.gold];
  EXPECT_THAT(count, Each(50));
}

// The stories of the tasks never occur in a text, however long it is.
TEST_P(Tasks, NoItemOccursInAText) {
  const std::string text = MakeText(kMixture, "pretrain", 2'000'000, 7);
  for (const Item& item : MakeItems(GetParam(), 300, 7)) {
    EXPECT_EQ(text.find(item.context + " "), std::string::npos) << item.context;
  }
}

// Always choosing the commonest answer must not pay.
TEST_P(Tasks, NoAnswerDominates) {
  std::map<std::string, int> count;
  for (const Item& item : MakeItems(GetParam(), 400, 3)) {
    ++count[item.choices[item.gold]];
  }
  for (const auto& [answer, n] : count) EXPECT_LT(n, 160) << answer;
}

TEST(Text, SeedAndPurposeMatter) {
  EXPECT_EQ(MakeText(kMixture, "a", 1000, 1), MakeText(kMixture, "a", 1000, 1));
  EXPECT_NE(MakeText(kMixture, "a", 1000, 1), MakeText(kMixture, "b", 1000, 1));
  EXPECT_NE(MakeText(kMixture, "a", 1000, 1), MakeText(kMixture, "a", 1000, 2));
}

TEST(Text, IsCompleteDocumentsLineByLine) {
  const std::string text = MakeText(kMixture, "a", 5000, 1);
  EXPECT_EQ(text.back(), '\n');
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(line.back(), '.') << line;
  }
}

// Half of the facts are asked in texts; all of them are told.
TEST(Text, TellsTheFactsThatTheTasksAskFor) {
  const std::string text = MakeText(kMixture, "pretrain", 3'000'000, 7);
  std::istringstream lines(text);
  std::set<std::string> documents;
  for (std::string line; std::getline(lines, line);) documents.insert(line);
  int told = 0;
  int asked = 0;
  for (const Item& item : MakeItems(Topics()[0], 200, 7)) {
    constexpr std::string_view kQuestion = "Where does ";
    if (!item.context.starts_with(kQuestion)) continue;
    const std::string person = item.context.substr(
        kQuestion.size(),
        item.context.size() - kQuestion.size() - std::size(" live?") + 1);
    ++asked;
    told += text.find(person + " lives in " + item.choices[item.gold] + ".") !=
            std::string::npos;
  }
  ASSERT_GT(asked, 10);
  EXPECT_EQ(told, asked);
}

TEST(World, FactsDoNotContradictEachOther) {
  std::map<std::string, std::string> answers;
  RandomStream random(5);
  for (int i = 0; i < 5000; ++i) {
    const Story story = DrawFact(Length::kAny, random);
    const std::string& answer = story.questions[0].answer;
    EXPECT_EQ(answers.try_emplace(story.key, answer).first->second, answer);
  }
}

}  // namespace
}  // namespace rankadaptor::tinyworld
