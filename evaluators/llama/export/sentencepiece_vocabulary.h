// The vocabulary of a tokenizer.model as GGUF stores it.
#ifndef RANKADAPTOR_LLAMA_EXPORT_SENTENCEPIECE_VOCABULARY_H_
#define RANKADAPTOR_LLAMA_EXPORT_SENTENCEPIECE_VOCABULARY_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

// By GGUF's numbers.
enum class PieceType : int32_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUnused = 5,
  kByte = 6,
};

// One entry per id in the first three.
struct SentencePieceVocabulary {
  std::vector<std::string> pieces;
  std::vector<float> scores;
  std::vector<int32_t> types;  // PieceType
  int32_t bos_id = -1;         // -1: there is none
  int32_t eos_id = -1;
  int32_t unk_id = -1;
  bool adds_space_prefix = false;
  bool removes_extra_spaces = false;
};

// Reads <folder>/tokenizer.model. Errors as Tokenizer::Load; kInvalidArgument
// if it is not BPE.
Result<SentencePieceVocabulary> ReadSentencePieceVocabulary(
    const std::filesystem::path& folder);

// Appends unused pieces until there are `size`, for models whose embedding is
// larger than the tokenizer. kInvalidArgument if there are more.
Status FillUp(SentencePieceVocabulary& vocabulary, int64_t size);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_EXPORT_SENTENCEPIECE_VOCABULARY_H_
