// Drawing from word lists; shared by the topics.
#ifndef RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_DRAWING_H_
#define RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_DRAWING_H_

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::tinyworld {

template <typename T>
const T& DrawOne(std::span<const T> from, RandomStream& random) {
  return from[random.UniformInt(0, std::ssize(from) - 1)];
}

// `count` different words in random order.
inline std::vector<std::string> DrawWords(
    std::span<const std::string_view> from,
    int64_t count,
    RandomStream& random) {
  std::vector<std::string> words(from.begin(), from.end());
  random.Shuffle(std::span(words));
  words.resize(count);
  return words;
}

// All words of `from` but `word`, in random order.
inline std::vector<std::string> OtherWords(
    std::span<const std::string_view> from,
    std::string_view word,
    RandomStream& random) {
  auto words = DrawWords(from, std::ssize(from), random);
  std::erase(words, word);
  return words;
}

// Puts `first` in front of `rest`, leaving out repetitions and `answer`.
inline std::vector<std::string> WrongAnswers(
    std::vector<std::string> first,
    const std::vector<std::string>& rest,
    std::string_view answer) {
  first.insert(first.end(), rest.begin(), rest.end());
  std::vector<std::string> wrong;
  for (std::string& word : first) {
    if (word != answer && std::ranges::find(wrong, word) == wrong.end()) {
      wrong.push_back(std::move(word));
    }
  }
  return wrong;
}

inline std::string JoinSentences(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) {
    if (!text.empty()) text += ' ';
    text += sentence;
  }
  return text;
}

}  // namespace rankadaptor::tinyworld

#endif  // RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_DRAWING_H_
