// The merges of byte-level BPE: a word starts as its bytes, and the pair of
// neighbours with the lowest rank becomes one token until no pair has a rank.
// Thread-safe once filled.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_BYTE_MERGES_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_BYTE_MERGES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rankadaptor::llama::internal {

class ByteMerges {
 public:
  // `bytes` of a token, and its id.
  void AddToken(std::string bytes, int32_t id);
  // Of the ranks that AddMerge gives, the first call's is the lowest. False if
  // one of the three is no token.
  bool AddMerge(const std::string& left, const std::string& right);
  // A word that is a token as it stands is not merged.
  void set_ignore_merges(bool ignore) { ignore_merges_ = ignore; }
  // What a byte without a token becomes; it is left out if not set.
  void set_unknown(std::optional<int32_t> id) { unknown_ = id; }

  // Appends the ids of `word`.
  void Encode(std::string_view word, std::vector<int32_t>& ids) const;

 private:
  struct Merge {
    int32_t rank = 0;
    int32_t id = 0;
  };
  struct Symbol;

  std::vector<Symbol> Symbols(std::string_view word) const;
  const Merge* Find(int32_t left, int32_t right) const;

  std::unordered_map<std::string, int32_t> tokens_;  // by bytes
  std::unordered_map<uint64_t, Merge> merges_;       // by both ids
  std::optional<int32_t> unknown_;
  bool ignore_merges_ = false;
  int32_t next_rank_ = 0;
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_BYTE_MERGES_H_
