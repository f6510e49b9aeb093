#include "evaluators/llama/export/gguf_vocabulary.h"

#include <set>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::llama::internal {
namespace {

// llama.cpp finds ids by text.
Status CheckNoneIsTwice(const std::vector<std::string>& tokens) {
  std::set<std::string_view> seen;
  for (const std::string& token : tokens) {
    if (seen.insert(token).second) continue;
    return InvalidArgument("two ids have the token " + Quote(token) +
                           ", GGUF allows one");
  }
  return {};
}

// A template, or the one named "default" of a list.
std::string TemplateIn(const nlohmann::json& field) {
  if (field.is_string()) return field.get<std::string>();
  if (!field.is_array()) return "";
  for (const nlohmann::json& item : field) {
    if (item.is_object() && item.value("name", nlohmann::json()) == "default") {
      return TemplateIn(item.value("template", nlohmann::json()));
    }
  }
  return "";
}

// In a file of its own, or in tokenizer_config.json as up to transformers 4.50.
Result<std::string> ReadChatTemplate(const std::filesystem::path& folder) {
  std::error_code ignored;
  const std::filesystem::path own = folder / "chat_template.jinja";
  if (std::filesystem::exists(own, ignored)) return ReadFile(own);
  const std::filesystem::path config = folder / "tokenizer_config.json";
  if (!std::filesystem::exists(config, ignored)) return std::string();
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(config));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::string();
  return TemplateIn(json.value("chat_template", nlohmann::json()));
}

}  // namespace

Result<GgufVocabulary> ReadGgufVocabulary(const std::filesystem::path& folder) {
  // Says what is missing or damaged.
  RA_ASSIGN_OR_RETURN(const Tokenizer tokenizer, Tokenizer::Load(folder));
  std::error_code ignored;
  const bool sentencepiece =
      std::filesystem::exists(folder / "tokenizer.model", ignored);
  RA_ASSIGN_OR_RETURN(
      GgufVocabulary vocabulary,
      sentencepiece ? ReadSentencePieceVocabulary(folder / "tokenizer.model")
                    : ReadByteLevelVocabulary(folder / "tokenizer.json"));
  vocabulary.bos_id = tokenizer.bos_id();
  vocabulary.eos_id = tokenizer.eos_id();
  vocabulary.unk_id = tokenizer.unk_id();
  vocabulary.adds_bos = tokenizer.bos_id() >= 0;
  RA_ASSIGN_OR_RETURN(vocabulary.chat_template, ReadChatTemplate(folder));
  return vocabulary;
}

Status FillUp(GgufVocabulary& vocabulary, int64_t size) {
  const auto present = static_cast<int64_t>(vocabulary.tokens.size());
  if (present > size) {
    return InvalidArgument("the tokenizer has " + std::to_string(present) +
                           " pieces, the model's vocab_size is only " +
                           std::to_string(size));
  }
  vocabulary.tokens.resize(static_cast<size_t>(size));
  vocabulary.types.resize(static_cast<size_t>(size));
  if (!vocabulary.scores.empty()) {
    vocabulary.scores.resize(static_cast<size_t>(size), -1000);
  }
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (!vocabulary.tokens[id].empty()) continue;
    vocabulary.tokens[id] = "[UNUSED" + std::to_string(id) + "]";
    vocabulary.types[id] = static_cast<int32_t>(TokenType::kUnused);
  }
  return CheckNoneIsTwice(vocabulary.tokens);
}

}  // namespace rankadaptor::llama::internal
