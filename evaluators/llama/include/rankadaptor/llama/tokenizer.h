// Text to ids and back: as SentencePiece says for a `tokenizer.model`, as the
// tokenizers library says for a `tokenizer.json` with byte-level BPE (Llama 3,
// Qwen). Where a folder has both, tokenizer.model counts: conversions of it
// differ in details.
// Thread-safe after Load().
#ifndef RANKADAPTOR_LLAMA_TOKENIZER_H_
#define RANKADAPTOR_LLAMA_TOKENIZER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama {

class Tokenizer {
 public:
  // Reads <folder>/tokenizer.model, or <folder>/tokenizer.json with the special
  // tokens of tokenizer_config.json or special_tokens_map.json. kNotFound says
  // that neither is there, kDataLoss names a damaged file, kInvalidArgument
  // what of a tokenizer.json is not supported.
  static Result<Tokenizer> Load(const std::filesystem::path& folder);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Without BOS and EOS, but with the added tokens of a tokenizer.json whose
  // text occurs ("<|im_start|>"); any bytes are accepted, what is not UTF-8
  // counts as U+FFFD. kInternal if the model cannot split the text.
  Result<std::vector<int32_t>> Encode(std::string_view text) const;
  // Without the special tokens. kInvalidArgument for ids outside the
  // vocabulary.
  Result<std::string> Decode(const std::vector<int32_t>& ids) const;
  // The surface form of one id, e.g. "\xe2\x96\x81the"; empty outside the
  // vocabulary.
  std::string Piece(int32_t id) const;

  int32_t vocab_size() const;
  // -1 where the model has none. bos_id() is what texts begin with: -1 for a
  // tokenizer.json that puts nothing there, whatever its bos_token.
  int32_t bos_id() const;
  int32_t eos_id() const;
  int32_t unk_id() const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// kInvalidArgument if `tokenizer` can give ids that the model of `config` has
// no embedding for. A larger vocab_size is usual: it is padded for speed.
Status CheckVocabulary(const Tokenizer& tokenizer, const LlamaConfig& config);

// Copies the files that a Hugging Face folder has for its tokenizer, those that
// are there, into the existing folder `to`. Errors name the file that cannot be
// read or written; kResourceExhausted if the disk is full.
Status CopyTokenizerFiles(const std::filesystem::path& from,
                          const std::filesystem::path& to);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_TOKENIZER_H_
