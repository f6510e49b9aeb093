#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"

#include "evaluators/llama/checkpoint/tokenizer/added_tokens.h"
#include "evaluators/llama/checkpoint/tokenizer/byte_characters.h"
#include "evaluators/llama/checkpoint/tokenizer/byte_merges.h"
#include "evaluators/llama/checkpoint/tokenizer/encoding.h"
#include "evaluators/llama/checkpoint/tokenizer/special_tokens.h"
#include "evaluators/llama/checkpoint/tokenizer/tokenizer_json.h"
#include "evaluators/llama/checkpoint/tokenizer/word_splitter.h"

namespace rankadaptor::llama::internal {
namespace {

namespace fs = std::filesystem;

constexpr int32_t kNoToken = -1;

class ByteLevelBpe : public Encoding {
 public:
  // `place` starts the messages of errors.
  Status Build(const TokenizerJson& json,
               const SpecialTokens& special,
               const std::string& place) {
    place_ = place;
    nfc_ = json.nfc;
    RA_RETURN_IF_ERROR(AddPatterns(json));
    RA_RETURN_IF_ERROR(AddVocabulary(json));
    RA_RETURN_IF_ERROR(AddMerges(json));
    AddTokensInText(json);
    return FindSpecialTokens(json, special);
  }

  Result<std::vector<int32_t>> Encode(std::string_view text) const override {
    const std::string valid = ValidUtf8(text);
    std::vector<int32_t> ids;
    for (const AddedTokens::Part& part : raw_tokens_.Split(valid)) {
      if (part.id) {
        ids.push_back(*part.id);
      } else {
        RA_RETURN_IF_ERROR(EncodeNormalised(std::string(part.text), ids));
      }
    }
    return ids;
  }

  Result<std::string> Decode(const std::vector<int32_t>& ids) const override {
    std::string bytes;
    for (int32_t id : ids) {
      const auto token = tokens_.find(id);
      if (token == tokens_.end() || token->second.special) continue;
      bytes += token->second.bytes;
    }
    return ValidUtf8(bytes);
  }

  std::string Piece(int32_t id) const override {
    const auto token = tokens_.find(id);
    return token == tokens_.end() ? "" : token->second.text;
  }
  int32_t vocab_size() const override { return vocab_size_; }
  int32_t bos_id() const override { return bos_; }
  int32_t eos_id() const override { return eos_; }
  int32_t unk_id() const override { return unknown_; }

 private:
  struct Token {
    std::string text;   // as the file writes it
    std::string bytes;  // what it decodes to
    bool special = false;
  };

  Status AddPatterns(const TokenizerJson& json) {
    for (const std::string& pattern : json.patterns) {
      auto splitter = WordSplitter::Create(pattern);
      if (!splitter) {
        return InvalidArgument(place_ + ": pre_tokenizer: " + Quote(pattern) +
                               " " + splitter.error().message);
      }
      splitters_.push_back(std::move(*splitter));
    }
    return {};
  }

  Status AddToken(const std::string& text, int32_t id, bool special) {
    vocab_size_ = std::max(vocab_size_, id + 1);
    Token& token = tokens_[id];
    if (!token.text.empty() && token.text != text) {
      return InvalidArgument(place_ + ": " + Quote(text) + " and " +
                             Quote(token.text) + " have the same id " +
                             std::to_string(id));
    }
    token = {text, BytesOfToken(text).value_or(text), special};
    ids_.emplace(text, id);
    return {};
  }

  Status AddVocabulary(const TokenizerJson& json) {
    for (const auto& [text, id] : json.vocabulary) {
      RA_RETURN_IF_ERROR(AddToken(text, id, false));
      // What is not written in byte characters can only be an added token.
      if (auto bytes = BytesOfToken(text)) merges_.AddToken(*bytes, id);
    }
    for (const AddedToken& token : json.added_tokens) {
      RA_RETURN_IF_ERROR(AddToken(token.content, token.id, token.special));
    }
    merges_.set_ignore_merges(json.ignore_merges);
    return {};
  }

  Status AddMerges(const TokenizerJson& json) {
    for (const auto& [left, right] : json.merges) {
      const auto left_bytes = BytesOfToken(left);
      const auto right_bytes = BytesOfToken(right);
      if (!left_bytes || !right_bytes ||
          !merges_.AddMerge(*left_bytes, *right_bytes)) {
        return InvalidArgument(place_ + ": model: merges: " + Quote(left) +
                               " and " + Quote(right) +
                               " are not two tokens that make a third");
      }
    }
    return {};
  }

  void AddTokensInText(const TokenizerJson& json) {
    for (const AddedToken& token : json.added_tokens) {
      if (token.normalized) {
        normalised_tokens_.Add(nfc_ ? ComposeNfc(token.content) : token.content,
                               token.id);
      } else {
        raw_tokens_.Add(token.content, token.id);
      }
    }
  }

  Result<int32_t> IdOf(const std::string& token, const char* what) const {
    const auto found = ids_.find(token);
    if (found != ids_.end()) return found->second;
    return InvalidArgument(place_ + ": has no token " + Quote(token) +
                           ", which is to be " + what);
  }

  // The post-processor decides what stands before a text; without one,
  // add_bos_token does.
  Status FindSpecialTokens(const TokenizerJson& json,
                           const SpecialTokens& special) {
    std::optional<std::string> first = json.first_token;
    if (!first && special.add_bos.value_or(false)) first = special.bos;
    if (first) {
      RA_ASSIGN_OR_RETURN(bos_, IdOf(*first, "BOS"));
    }
    if (special.eos) {
      RA_ASSIGN_OR_RETURN(eos_, IdOf(*special.eos, "EOS"));
    }
    if (json.unknown_token) {
      RA_ASSIGN_OR_RETURN(unknown_, IdOf(*json.unknown_token, "unk_token"));
      merges_.set_unknown(unknown_);
    }
    return {};
  }

  Status EncodeNormalised(std::string text, std::vector<int32_t>& ids) const {
    if (nfc_) text = ComposeNfc(text);
    for (const AddedTokens::Part& part : normalised_tokens_.Split(text)) {
      if (part.id) {
        ids.push_back(*part.id);
      } else {
        RA_RETURN_IF_ERROR(EncodeWords({std::string(part.text)}, ids));
      }
    }
    return {};
  }

  Status EncodeWords(std::vector<std::string> words,
                     std::vector<int32_t>& ids) const {
    for (const WordSplitter& splitter : splitters_) {
      std::vector<std::string> smaller;
      for (const std::string& word : words) {
        auto parts = splitter.Split(word);
        if (!parts) return InContext(place_, parts.error());
        std::ranges::move(*parts, std::back_inserter(smaller));
      }
      words = std::move(smaller);
    }
    for (const std::string& word : words) merges_.Encode(word, ids);
    return {};
  }

  std::string place_;
  bool nfc_ = false;
  AddedTokens raw_tokens_;
  AddedTokens normalised_tokens_;
  std::vector<WordSplitter> splitters_;
  ByteMerges merges_;
  std::unordered_map<int32_t, Token> tokens_;     // by id; there may be gaps
  std::unordered_map<std::string, int32_t> ids_;  // by text
  int32_t vocab_size_ = 0;                        // largest id + 1
  int32_t bos_ = kNoToken;
  int32_t eos_ = kNoToken;
  int32_t unknown_ = kNoToken;
};

}  // namespace

Result<std::unique_ptr<Encoding>> LoadByteLevelBpe(const fs::path& file) {
  constexpr uint64_t kMaxBytes = uint64_t{256} << 20;
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file, kMaxBytes));
  RA_ASSIGN_OR_RETURN(TokenizerJson json,
                      ParseTokenizerJson(text, file.string()));
  RA_ASSIGN_OR_RETURN(SpecialTokens special,
                      ReadSpecialTokens(file.parent_path()));
  auto encoding = std::make_unique<ByteLevelBpe>();
  RA_RETURN_IF_ERROR(encoding->Build(json, special, file.string()));
  return encoding;
}

}  // namespace rankadaptor::llama::internal
