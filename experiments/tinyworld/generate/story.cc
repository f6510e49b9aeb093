#include "experiments/tinyworld/generate/story.h"

#include <array>

namespace rankadaptor::tinyworld {

std::span<const Topic> Topics() {
  static constexpr std::array<Topic, 5> kTopics = {{
      {"facts", DrawFact, 2},
      {"echo", DrawEcho},
      {"counting", DrawCounting},
      {"comparison", DrawComparison},
      {"grammar", DrawGrammar, 4},
  }};
  return kTopics;
}

bool IsHeldOut(const Topic& topic, const Story& story) {
  return DeriveSeed(0, story.key) % topic.held_out_modulus == 0;
}

Story DrawStory(const Topic& topic,
                Length length,
                bool held_out,
                RandomStream& random) {
  while (true) {
    Story story = topic.draw(length, random);
    if (IsHeldOut(topic, story) == held_out) return story;
  }
}

}  // namespace rankadaptor::tinyworld
