// What the world knows about its people: each has a town, a job, a favourite
// colour, a favourite food and an animal, fixed by the name alone.
#include <array>
#include <string>

#include "experiments/tinyworld/generate/drawing.h"
#include "experiments/tinyworld/generate/story.h"
#include "experiments/tinyworld/generate/vocabulary.h"

namespace rankadaptor::tinyworld {
namespace {

// The world is the same for every seed of the texts.
constexpr uint64_t kWorldSeed = 1;

struct Attribute {
  std::string_view name;
  std::span<const std::string_view> values;
  // # is the person, @ the value.
  std::array<std::string_view, 2> statements;
  std::array<std::string_view, 3> questions;
};

const std::array<Attribute, 5>& Attributes() {
  static const std::array<Attribute, 5> attributes = {{
      {"town",
       kTowns,
       {"# lives in @.", "The home of # is @."},
       {"Where does # live?",
        "Where is the home of #?",
        "Name the home of #:"}},
      {"job",
       kJobs,
       {"# is a @.", "The job of # is @."},
       {"What is the job of #?", "What does # do?", "Name the job of #:"}},
      {"colour",
       kColours,
       {"# likes the colour @.", "The colour of # is @."},
       {"What is the colour of #?",
        "What colour does # like?",
        "Name the colour of #:"}},
      {"food",
       kFoods,
       {"# eats @.", "The food of # is @."},
       {"What is the food of #?", "What does # eat?", "Name the food of #:"}},
      {"animal",
       kAnimals,
       {"# keeps a @.", "The animal of # is a @."},
       {"What is the animal of #?",
        "What does # keep?",
        "Name the animal of #:"}},
  }};
  return attributes;
}

std::string Fill(std::string_view pattern,
                 std::string_view person,
                 std::string_view value) {
  std::string text;
  for (char c : pattern) {
    if (c == '#') {
      text += person;
    } else if (c == '@') {
      text += value;
    } else {
      text += c;
    }
  }
  return text;
}

std::string DrawPerson(RandomStream& random) {
  auto first = DrawOne(std::span<const std::string_view>(kFirstNames), random);
  auto last = DrawOne(std::span<const std::string_view>(kLastNames), random);
  return std::string(first) + " " + std::string(last);
}

std::string_view ValueOf(const Attribute& attribute,
                         const std::string& person) {
  RandomStream random(kWorldSeed, person + "'s " + std::string(attribute.name));
  return DrawOne(attribute.values, random);
}

}  // namespace

Story DrawFact(Length, RandomStream& random) {
  const std::string person = DrawPerson(random);
  const Attribute& attribute =
      DrawOne(std::span<const Attribute>(Attributes()), random);
  const std::string answer(ValueOf(attribute, person));
  const auto question =
      DrawOne(std::span<const std::string_view>(attribute.questions), random);
  return {.key = person + "'s " + std::string(attribute.name),
          .sentences = "",
          .questions = {{Fill(question, person, ""),
                         answer,
                         OtherWords(attribute.values, answer, random)}}};
}

std::string DrawBiography(RandomStream& random) {
  const std::string person = DrawPerson(random);
  std::vector<const Attribute*> order;
  for (const Attribute& attribute : Attributes()) order.push_back(&attribute);
  random.Shuffle(std::span(order));
  std::vector<std::string> sentences;
  for (const Attribute* attribute : order) {
    const auto statement = DrawOne(
        std::span<const std::string_view>(attribute->statements), random);
    sentences.push_back(Fill(statement, person, ValueOf(*attribute, person)));
  }
  return JoinSentences(sentences);
}

}  // namespace rankadaptor::tinyworld
