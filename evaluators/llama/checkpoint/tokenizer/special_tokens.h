// Which tokens begin and end a text, from the files that stand beside a
// tokenizer.json. Thread-safe.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_SPECIAL_TOKENS_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_SPECIAL_TOKENS_H_

#include <filesystem>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

struct SpecialTokens {
  std::optional<std::string> bos;
  std::optional<std::string> eos;
  // What tokenizer_config.json says on whether texts begin with BOS.
  std::optional<bool> add_bos;
};

// tokenizer_config.json, and what it does not say from special_tokens_map.json;
// both may be absent. kInvalidArgument names a field with another type.
Result<SpecialTokens> ReadSpecialTokens(const std::filesystem::path& folder);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_SPECIAL_TOKENS_H_
