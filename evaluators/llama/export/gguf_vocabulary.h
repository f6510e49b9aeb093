// A tokenizer as GGUF stores it and llama.cpp reads it.
#ifndef RANKADAPTOR_LLAMA_EXPORT_GGUF_VOCABULARY_H_
#define RANKADAPTOR_LLAMA_EXPORT_GGUF_VOCABULARY_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

// By GGUF's numbers.
enum class TokenType : int32_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

struct GgufVocabulary {
  std::string model;  // "llama" (SentencePiece) or "gpt2" (byte-level BPE)
  std::string pre;    // what cuts text into words
  // One entry per id.
  std::vector<std::string> tokens;
  std::vector<int32_t> types;       // TokenType
  std::vector<float> scores;        // of "llama"
  std::vector<std::string> merges;  // "left right" by rank, of "gpt2"
  int32_t bos_id = -1;              // -1: there is none
  int32_t eos_id = -1;
  int32_t unk_id = -1;
  bool adds_bos = false;
  bool adds_space_prefix = false;
  bool removes_extra_spaces = false;
  std::string chat_template;  // Jinja; empty if there is none
};

// Reads the tokenizer that Tokenizer::Load finds in `folder`. Errors as there;
// kInvalidArgument if llama.cpp has no such tokenizer.
Result<GgufVocabulary> ReadGgufVocabulary(const std::filesystem::path& folder);

// The two kinds; `file` is there and Tokenizer::Load accepts it.
Result<GgufVocabulary> ReadSentencePieceVocabulary(
    const std::filesystem::path& file);
Result<GgufVocabulary> ReadByteLevelVocabulary(
    const std::filesystem::path& file);

// Gives every id up to `size` that has no token an unused one, for models whose
// embedding is larger than the tokenizer. kInvalidArgument if there are more
// tokens than that, or one is there twice.
Status FillUp(GgufVocabulary& vocabulary, int64_t size);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_EXPORT_GGUF_VOCABULARY_H_
