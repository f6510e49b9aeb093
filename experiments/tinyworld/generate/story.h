// A Story is a few sentences with questions that they answer; a Topic is a kind
// of story. Everything in the small world is drawn from topics: training text,
// recovery text and the items of the tasks.
//
// A story is held out or not by a hash of its key, so that no story of a task
// occurs in a text, whatever the seed and however much text is made.
//
// Thread-safe: plain values and functions without state.
#ifndef RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_STORY_H_
#define RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_STORY_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::tinyworld {

struct Question {
  // "What does Ann eat?" or, to be completed, "Ann has a".
  std::string text;
  std::string answer;
  // At least three wrong answers, most misleading first.
  std::vector<std::string> wrong_answers;
};

struct Story {
  // What the hold-out rule looks at: the sentences, or for facts of the world
  // the person and the attribute.
  std::string key;
  std::string sentences;  // may be empty
  std::vector<Question> questions;
};

// How long the stories are: texts have short ones too, because a model learns
// to look things up from them first.
enum class Length { kAny, kTask };

struct Topic {
  std::string_view name;
  Story (*draw)(Length length, RandomStream& random);
  // One story in `held_out_modulus` is kept for the tasks.
  uint64_t held_out_modulus = 8;
};

// What a person is and has, asked without any context.
Story DrawFact(Length length, RandomStream& random);
// "Ann says ball cup key hat. Ben says ball cup"
Story DrawEcho(Length length, RandomStream& random);
// "Ann sees a cat, a dog and a cat. How many cats?"
Story DrawCounting(Length length, RandomStream& random);
// "Ann is older than Ben. Ben is older than Leo. The oldest is"
Story DrawComparison(Length length, RandomStream& random);
// "In the barn the cats near the dog" sleep | sleeps | run | runs
Story DrawGrammar(Length length, RandomStream& random);

// The topics above, which are also the tasks.
std::span<const Topic> Topics();

// Whether stories with this key belong to the tasks and not to the texts.
bool IsHeldOut(const Topic& topic, const Story& story);

// All that is known about one person in a few sentences, in random order and
// wording. Never held out: facts are told to everyone, but half of them are
// never asked in a text.
std::string DrawBiography(RandomStream& random);

// Draws until the story is held out (or not).
Story DrawStory(const Topic& topic,
                Length length,
                bool held_out,
                RandomStream& random);

}  // namespace rankadaptor::tinyworld

#endif  // RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_STORY_H_
