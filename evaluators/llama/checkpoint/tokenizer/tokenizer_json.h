// A tokenizer.json of the tokenizers library, as far as byte-level BPE uses it;
// what would change the ids and is not supported is refused by name.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_TOKENIZER_JSON_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_TOKENIZER_JSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

// What ByteLevel cuts words with when it is left to itself (GPT-2's).
inline constexpr const char* kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+)"
    R"(|\s+(?!\S)|\s+)";

struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool special = false;     // left out of decoded text
  bool normalized = false;  // found in the normalised text
};

struct TokenizerJson {
  std::vector<std::pair<std::string, int32_t>> vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;  // by rank
  std::vector<AddedToken> added_tokens;
  std::optional<std::string> unknown_token;
  bool ignore_merges = false;
  bool nfc = false;
  std::vector<std::string> patterns;  // words are cut by each in turn
  // The token that the post-processor puts before a text.
  std::optional<std::string> first_token;
};

// kDataLoss what is not JSON, kInvalidArgument what is not supported or does
// not fit; `file` is for messages. Ids are from 0 to 2^24 - 1.
Result<TokenizerJson> ParseTokenizerJson(std::string_view text,
                                         const std::string& file);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_TOKENIZER_JSON_H_
