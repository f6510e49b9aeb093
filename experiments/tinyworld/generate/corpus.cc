#include "experiments/tinyworld/generate/corpus.h"

#include <algorithm>
#include <set>

#include "experiments/tinyworld/generate/drawing.h"

namespace rankadaptor::tinyworld {
namespace {

constexpr int kNumChoices = 4;

std::string Context(std::string_view text, const Question& question) {
  std::string context(text);
  if (!context.empty()) context += ' ';
  return context + question.text;
}

Item MakeItem(const Story& story, int gold, RandomStream& random) {
  const Question& question =
      DrawOne(std::span<const Question>(story.questions), random);
  Item item{.context = Context(story.sentences, question),
            .choices = {},
            .gold = gold};
  item.choices.assign(question.wrong_answers.begin(),
                      question.wrong_answers.begin() + kNumChoices - 1);
  random.Shuffle(std::span(item.choices));
  item.choices.insert(item.choices.begin() + gold, question.answer);
  return item;
}

// The story with up to four of its questions answered.
std::string Document(const Story& story, RandomStream& random) {
  std::vector<Question> questions = story.questions;
  random.Shuffle(std::span(questions));
  questions.resize(std::min<size_t>(questions.size(), 4));
  std::string text = story.sentences;
  for (const Question& question : questions) {
    text = Context(text, question) + " " + question.answer + ".";
  }
  return text;
}

std::string DrawDocument(const Mixture& mixture, RandomStream& random) {
  int64_t ticket = random.UniformInt(0, 99);
  for (const Share& share : mixture) {
    ticket -= share.percent;
    if (ticket >= 0) continue;
    const auto topic = std::ranges::find(Topics(), share.topic, &Topic::name);
    return Document(DrawStory(*topic, Length::kAny, false, random), random);
  }
  return DrawBiography(random);
}

}  // namespace

std::vector<Item> MakeItems(const Topic& topic, int num_items, uint64_t seed) {
  RandomStream random(seed, "items of " + std::string(topic.name));
  std::vector<int> places(num_items);
  for (int i = 0; i < num_items; ++i) places[i] = i % kNumChoices;
  random.Shuffle(std::span(places));
  std::set<std::string> contexts;
  std::vector<Item> items;
  while (std::ssize(items) < num_items) {
    const Story story = DrawStory(topic, Length::kTask, true, random);
    Item item = MakeItem(story, places[items.size()], random);
    if (contexts.insert(item.context).second) items.push_back(std::move(item));
  }
  return items;
}

std::string MakeText(const Mixture& mixture,
                     std::string_view purpose,
                     int64_t num_bytes,
                     uint64_t seed) {
  RandomStream random(seed, purpose);
  std::string text;
  while (std::ssize(text) < num_bytes) {
    text += DrawDocument(mixture, random) + "\n";
  }
  return text;
}

}  // namespace rankadaptor::tinyworld
