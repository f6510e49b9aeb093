#include <algorithm>

#include "rankadaptor/common/file.h"

#include "evaluators/llama/checkpoint/tokenizer/tokenizer_json.h"
#include "evaluators/llama/export/gguf_vocabulary.h"

namespace rankadaptor::llama::internal {
namespace {

// The ways of cutting words that llama.cpp knows, each under a name that also
// says whether words that are tokens are left whole. It has no normal forms:
// text that is not in form C gets other ids than here.
struct PreTokenizer {
  const char* name;
  std::vector<std::string> patterns;
  bool ignore_merges;
};

const std::vector<PreTokenizer>& PreTokenizers() {
  static const std::vector<PreTokenizer> kKnown = {
      {"llama-bpe",
       {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3})"
        R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       true},
      {"qwen2",
       {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})"
        R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
       false},
      {"gpt-2", {kGpt2Pattern}, false},
      {"smollm", {"\\p{N}", kGpt2Pattern}, false},
  };
  return kKnown;
}

Result<std::string> NameOf(const TokenizerJson& json) {
  const auto found =
      std::ranges::find_if(PreTokenizers(), [&](const PreTokenizer& known) {
        return json.patterns == known.patterns &&
               json.ignore_merges == known.ignore_merges;
      });
  if (found != PreTokenizers().end()) return found->name;
  return InvalidArgument(
      "its pre_tokenizer and ignore_merges are none that llama.cpp has "
      "(those of Llama 3, Qwen2, GPT-2 and SmolLM)");
}

void SetToken(const std::string& text,
              int32_t id,
              TokenType type,
              GgufVocabulary& vocabulary) {
  const auto place = static_cast<size_t>(id);
  if (place >= vocabulary.tokens.size()) {
    vocabulary.tokens.resize(place + 1);
    vocabulary.types.resize(place + 1);
  }
  vocabulary.tokens[place] = text;
  vocabulary.types[place] = static_cast<int32_t>(type);
}

}  // namespace

Result<GgufVocabulary> ReadByteLevelVocabulary(
    const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  RA_ASSIGN_OR_RETURN(const TokenizerJson json,
                      ParseTokenizerJson(text, file.string()));
  auto pre = NameOf(json);
  if (!pre) return InContext(file.string(), pre.error());
  GgufVocabulary vocabulary;
  vocabulary.model = "gpt2";
  vocabulary.pre = *pre;
  for (const auto& [token, id] : json.vocabulary) {
    SetToken(token, id, TokenType::kNormal, vocabulary);
  }
  for (const AddedToken& token : json.added_tokens) {
    SetToken(token.content,
             token.id,
             token.special ? TokenType::kControl : TokenType::kUserDefined,
             vocabulary);
  }
  for (const auto& [left, right] : json.merges) {
    vocabulary.merges.push_back(left + " " + right);
  }
  return vocabulary;
}

}  // namespace rankadaptor::llama::internal
