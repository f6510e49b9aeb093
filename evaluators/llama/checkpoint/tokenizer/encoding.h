// What a kind of tokenizer file must provide; tokenizer.h says what the
// functions mean. Thread-safe.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_ENCODING_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_ENCODING_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

class Encoding {
 public:
  virtual ~Encoding() = default;

  virtual Result<std::vector<int32_t>> Encode(std::string_view text) const = 0;
  // The ids are inside the vocabulary.
  virtual Result<std::string> Decode(const std::vector<int32_t>& ids) const = 0;
  // The id is inside the vocabulary.
  virtual std::string Piece(int32_t id) const = 0;
  virtual int32_t vocab_size() const = 0;
  virtual int32_t bos_id() const = 0;
  virtual int32_t eos_id() const = 0;
  virtual int32_t unk_id() const = 0;
};

// Reads a `tokenizer.model`: kDataLoss if SentencePiece cannot.
Result<std::unique_ptr<Encoding>> LoadSentencePiece(
    const std::filesystem::path& file);

// Reads a `tokenizer.json` with byte-level BPE, and the special tokens that
// tokenizer_config.json or special_tokens_map.json beside it name.
// kInvalidArgument names what is not supported.
Result<std::unique_ptr<Encoding>> LoadByteLevelBpe(
    const std::filesystem::path& file);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_ENCODING_H_
