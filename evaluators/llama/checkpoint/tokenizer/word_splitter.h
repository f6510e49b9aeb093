// Cuts text into the words that byte-level BPE encodes one by one: the matches
// of a regular expression and what stands between them.
//
//   RA_ASSIGN_OR_RETURN(auto splitter, WordSplitter::Create(R"(\p{L}+)"));
//   splitter.Split("two words");  // "two", " ", "words"
//
// Thread-safe.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_WORD_SPLITTER_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_WORD_SPLITTER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

class WordSplitter {
 public:
  // `pattern` as the tokenizers library reads it (Oniguruma's syntax, in which
  // \s is any Unicode white space). kInvalidArgument says what is wrong with
  // it, without its place.
  static Result<WordSplitter> Create(std::string_view pattern);

  WordSplitter(WordSplitter&&) noexcept;
  WordSplitter& operator=(WordSplitter&&) noexcept;
  ~WordSplitter();

  // `text` is UTF-8; the words, one after the other, are `text`.
  // kInvalidArgument if the expression takes too long on this text.
  Result<std::vector<std::string>> Split(const std::string& text) const;

 private:
  struct Impl;
  explicit WordSplitter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// `text` with what is not UTF-8 replaced by U+FFFD.
std::string ValidUtf8(std::string_view text);

// Unicode's normalisation form C of UTF-8 text.
std::string ComposeNfc(const std::string& text);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_WORD_SPLITTER_H_
