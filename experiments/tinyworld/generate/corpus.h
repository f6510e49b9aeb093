// What is made from stories: texts, one document a line, and the items of the
// multiple-choice tasks.
//
// Thread-safe: functions without state; the same seed gives the same bytes.
#ifndef RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_CORPUS_H_
#define RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_CORPUS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/tinyworld/generate/story.h"

namespace rankadaptor::tinyworld {

// One question of a task, asked by comparing how likely each choice is after
// the context.
struct Item {
  std::string context;
  std::vector<std::string> choices;  // four, distinct
  int gold = 0;                      // index of the right choice
};

// `num_items` different items from held-out stories. The right answer is
// equally often in each place (up to one).
std::vector<Item> MakeItems(const Topic& topic, int num_items, uint64_t seed);

// The part of a text's documents, in percent, that are stories of a topic; what
// is left are biographies.
struct Share {
  std::string_view topic;
  int percent = 0;
};
using Mixture = std::vector<Share>;

// Documents in random order, none of them from a held-out story, until
// `num_bytes` are reached. `purpose` makes texts of one seed differ.
std::string MakeText(const Mixture& mixture,
                     std::string_view purpose,
                     int64_t num_bytes,
                     uint64_t seed);

}  // namespace rankadaptor::tinyworld

#endif  // RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_CORPUS_H_
