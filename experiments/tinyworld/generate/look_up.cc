// Stories whose questions are answered by looking up what was said.
#include <map>

#include "experiments/tinyworld/generate/drawing.h"
#include "experiments/tinyworld/generate/story.h"
#include "experiments/tinyworld/generate/vocabulary.h"

namespace rankadaptor::tinyworld {

Story DrawEcho(Length length, RandomStream& random) {
  const int64_t count = length == Length::kTask ? 8 : random.UniformInt(3, 8);
  const auto people = DrawWords(kFirstNames, 2, random);
  const auto things = DrawWords(kThings, count, random);
  const std::string list = JoinSentences(things);
  const std::string text = people[0] + " says " + list + ".";
  if (length == Length::kAny) {
    return {.key = text,
            .sentences = text,
            .questions = {{people[1] + " says", list, {}}}};
  }
  const int64_t said = random.UniformInt(1, count - 2);
  std::string question = people[1] + " says";
  for (int64_t i = 0; i < said; ++i) question += " " + things[i];
  auto wrong = OtherWords(kThings, things[said], random);
  std::erase_if(wrong, [&](const std::string& thing) {
    return std::ranges::find(things, thing) == things.end();
  });
  return {.key = text,
          .sentences = text,
          .questions = {{question, things[said], wrong}}};
}

Story DrawRetrieval(Length length, RandomStream& random) {
  const int64_t count = length == Length::kTask ? 4 : random.UniformInt(1, 4);
  const auto people = DrawWords(kFirstNames, count, random);
  const auto things = DrawWords(kThings, count, random);
  const auto other_things = DrawWords(kThings, kThings.size(), random);
  const auto other_people = DrawWords(kFirstNames, kFirstNames.size(), random);
  std::vector<std::string> sentences;
  std::vector<Question> questions;
  for (int64_t i = 0; i < count; ++i) {
    sentences.push_back(people[i] + " has a " + things[i] + ".");
    questions.push_back({people[i] + " has a",
                         things[i],
                         WrongAnswers(things, other_things, things[i])});
    questions.push_back({"Who has the " + things[i] + "?",
                         people[i],
                         WrongAnswers(people, other_people, people[i])});
  }
  const std::string text = JoinSentences(sentences);
  return {.key = text, .sentences = text, .questions = questions};
}

Story DrawMoves(Length length, RandomStream& random) {
  const bool task = length == Length::kTask;
  const int64_t num_people = task ? 2 : random.UniformInt(1, 3);
  const int64_t num_moves = task ? 2 : random.UniformInt(0, 2);
  const auto people = DrawWords(kFirstNames, num_people, random);
  const auto places = DrawWords(kPlaces, num_people + num_moves, random);
  const auto other_places = DrawWords(kPlaces, kPlaces.size(), random);
  std::map<std::string, std::string> place_of;
  std::vector<std::string> sentences;
  for (int64_t i = 0; i < num_people; ++i) {
    place_of[people[i]] = places[i];
    sentences.push_back(people[i] + " is in the " + places[i] + ".");
  }
  for (int64_t i = num_people; i < num_people + num_moves; ++i) {
    const std::string& person =
        DrawOne(std::span<const std::string>(people), random);
    place_of[person] = places[i];
    sentences.push_back(person + " goes to the " + places[i] + ".");
  }
  std::vector<Question> questions;
  for (const std::string& person : people) {
    const std::string& answer = place_of[person];
    questions.push_back({"Now " + person + " is in the",
                         answer,
                         WrongAnswers(places, other_places, answer)});
  }
  const std::string text = JoinSentences(sentences);
  return {.key = text, .sentences = text, .questions = questions};
}

Story DrawTwoHops(Length length, RandomStream& random) {
  const int64_t count = length == Length::kTask ? 3 : random.UniformInt(1, 3);
  const auto people = DrawWords(kFirstNames, count, random);
  const auto places = DrawWords(kPlaces, count, random);
  const auto things = DrawWords(kThings, count, random);
  const auto other_places = DrawWords(kPlaces, kPlaces.size(), random);
  std::vector<std::string> sentences;
  std::vector<Question> questions;
  for (int64_t i = 0; i < count; ++i) {
    sentences.push_back(people[i] + " is in the " + places[i] + ".");
  }
  std::vector<int64_t> order(count);
  for (int64_t i = 0; i < count; ++i) order[i] = i;
  random.Shuffle(std::span(order));
  for (int64_t i : order) {
    sentences.push_back(people[i] + " has the " + things[i] + ".");
    questions.push_back({"The " + things[i] + " is in the",
                         places[i],
                         WrongAnswers(places, other_places, places[i])});
  }
  const std::string text = JoinSentences(sentences);
  return {.key = text, .sentences = text, .questions = questions};
}

}  // namespace rankadaptor::tinyworld
