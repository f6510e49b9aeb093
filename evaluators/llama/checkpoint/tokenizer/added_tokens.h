// Tokens that stand for themselves wherever their text occurs, before anything
// else is done with the text: "<|begin_of_text|>". Thread-safe once filled.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_ADDED_TOKENS_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_ADDED_TOKENS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rankadaptor::llama::internal {

class AddedTokens {
 public:
  // A part of a text: an added token, or what stands between two.
  struct Part {
    std::string_view text;
    std::optional<int32_t> id;
  };

  // `content` is not empty; of equal ones the first stays.
  void Add(std::string content, int32_t id);

  // The parts, one after the other, are `text`. Where several tokens begin at
  // one place the longest is taken.
  std::vector<Part> Split(std::string_view text) const;

 private:
  struct Token {
    std::string content;
    int32_t id;
  };

  const Token* TokenAt(std::string_view text) const;

  std::array<std::vector<Token>, 256> by_first_byte_;  // longest first
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_ADDED_TOKENS_H_
