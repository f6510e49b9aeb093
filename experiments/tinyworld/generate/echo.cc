// A list that one person says and another repeats.
#include <algorithm>

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

}  // namespace rankadaptor::tinyworld
