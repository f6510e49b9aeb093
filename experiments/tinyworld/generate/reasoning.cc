// Stories whose answer is not said as such: counting, comparing, agreement.
#include <algorithm>
#include <numeric>

#include "experiments/tinyworld/generate/drawing.h"
#include "experiments/tinyworld/generate/story.h"
#include "experiments/tinyworld/generate/vocabulary.h"

namespace rankadaptor::tinyworld {
namespace {

// "a cat, a dog and a cat"
std::string List(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 < words.size() ? ", " : " and ";
    text += "a " + words[i];
  }
  return text;
}

// Numbers by distance to `count`, which is left out.
std::vector<std::string> NearNumbers(int64_t count, RandomStream& random) {
  const int64_t up_first = random.UniformInt(0, 1);
  std::vector<std::string> near;
  for (int64_t distance = 1; distance < std::ssize(kNumbers); ++distance) {
    for (int64_t side = 0; side < 2; ++side) {
      const int64_t n = count + (side == up_first ? distance : -distance);
      if (n >= 1 && n < std::ssize(kNumbers)) near.emplace_back(kNumbers[n]);
    }
  }
  return near;
}

struct Relation {
  std::string_view comparative;
  std::string_view first;  // of a chain
  std::string_view last;
};
constexpr std::array<Relation, 2> kRelations = {
    {{"older", "oldest", "youngest"}, {"taller", "tallest", "smallest"}}};

// What each of kAnimals does, in its order.
constexpr std::array<std::string_view, kAnimals.size()> kVerbs = {
    "sleep", "run", "sing", "jump", "climb", "peck", "swim", "rest"};
constexpr std::array<std::string_view, 3> kBetween = {
    " near ", " behind ", " under "};
constexpr int64_t kMaxOthers = 3;

// "the cats", which "sleep".
struct AnimalPhrase {
  size_t animal = 0;  // in kAnimals
  bool plural = false;

  std::string Noun() const {
    return "the " + std::string(kAnimals[animal]) + (plural ? "s" : "");
  }
  std::string Verb() const {
    return std::string(kVerbs[animal]) + (plural ? "" : "s");
  }
};

}  // namespace

Story DrawCounting(Length length, RandomStream& random) {
  const int64_t size = length == Length::kTask ? random.UniformInt(4, 8)
                                               : random.UniformInt(1, 8);
  const auto animals = DrawWords(kAnimals, std::min<int64_t>(size, 2), random);
  std::vector<std::string> seen(animals);
  while (std::ssize(seen) < size) {
    seen.push_back(DrawOne(std::span<const std::string>(animals), random));
  }
  random.Shuffle(std::span(seen));
  const std::string person(
      DrawOne(std::span<const std::string_view>(kFirstNames), random));
  std::vector<Question> questions;
  for (const std::string& animal : animals) {
    const int64_t count = std::ranges::count(seen, animal);
    questions.push_back({"How many " + animal + "s?",
                         std::string(kNumbers[count]),
                         NearNumbers(count, random)});
  }
  const std::string text = person + " sees " + List(seen) + ".";
  return {.key = text, .sentences = text, .questions = questions};
}

Story DrawComparison(Length length, RandomStream& random) {
  const int64_t count = length == Length::kTask ? 4 : random.UniformInt(2, 4);
  const auto people = DrawWords(kFirstNames, count, random);
  const auto others = DrawWords(kFirstNames, kFirstNames.size(), random);
  const Relation& relation =
      DrawOne(std::span<const Relation>(kRelations), random);
  std::vector<std::string> sentences;
  for (int64_t i = 0; i + 1 < count; ++i) {
    sentences.push_back(people[i] + " is " + std::string(relation.comparative) +
                        " than " + people[i + 1] + ".");
  }
  random.Shuffle(std::span(sentences));
  const std::string text = JoinSentences(sentences);
  auto ask = [&](std::string_view extreme, const std::string& answer) {
    return Question{"The " + std::string(extreme) + " is",
                    answer,
                    WrongAnswers(people, others, answer)};
  };
  return {.key = text,
          .sentences = text,
          .questions = {ask(relation.first, people.front()),
                        ask(relation.last, people.back())}};
}

Story DrawGrammar(Length length, RandomStream& random) {
  // Nouns that could be mistaken for the subject.
  const int64_t num_others =
      length == Length::kTask ? kMaxOthers : random.UniformInt(1, kMaxOthers);
  std::vector<size_t> animals(kAnimals.size());
  std::iota(animals.begin(), animals.end(), size_t{0});
  random.Shuffle(std::span(animals));
  std::vector<AnimalPhrase> phrases;
  for (int64_t i = 0; i <= num_others; ++i) {
    phrases.push_back({animals[i], random.UniformInt(0, 1) == 1});
  }
  const AnimalPhrase& subject = phrases.front();
  const AnimalPhrase& last = phrases.back();
  std::string text =
      "In the " +
      std::string(DrawOne(std::span<const std::string_view>(kPlaces), random)) +
      " " + subject.Noun();
  for (int64_t i = 1; i <= num_others; ++i) {
    text += DrawOne(std::span<const std::string_view>(kBetween), random);
    text += phrases[i].Noun();
  }
  return {.key = text,
          .sentences = "",
          .questions = {{text,
                         subject.Verb(),
                         {AnimalPhrase{subject.animal, !subject.plural}.Verb(),
                          last.Verb(),
                          AnimalPhrase{last.animal, !last.plural}.Verb()}}}};
}

}  // namespace rankadaptor::tinyworld
