#include "evaluators/llama/checkpoint/tokenizer/special_tokens.h"

#include "rankadaptor/common/file.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama::internal {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A token is a string, or an object with it as `content`.
Result<std::optional<std::string>> Token(const JsonFields& fields,
                                         const char* name) {
  const json* token = fields.Find(name);
  if (token == nullptr) return std::optional<std::string>();
  const json* content = token;
  if (token->is_object() && token->contains("content")) {
    content = &(*token)["content"];
  }
  if (!content->is_string()) return fields.Refuse(name, "is not a token");
  return std::optional(content->get<std::string>());
}

// Adds what `file` says to what is known already.
Status AddFrom(const fs::path& file, SpecialTokens& tokens) {
  std::error_code code;
  if (!fs::exists(file, code)) return {};
  constexpr uint64_t kMaxBytes = uint64_t{16} << 20;
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file, kMaxBytes));
  RA_ASSIGN_OR_RETURN(json root, ParseJsonObject(text, file.string()));
  const JsonFields fields(root, file.string());
  RA_ASSIGN_OR_RETURN(auto bos, Token(fields, "bos_token"));
  RA_ASSIGN_OR_RETURN(auto eos, Token(fields, "eos_token"));
  if (!tokens.bos) tokens.bos = std::move(bos);
  if (!tokens.eos) tokens.eos = std::move(eos);
  if (fields.Find("add_bos_token") != nullptr) {
    RA_ASSIGN_OR_RETURN(tokens.add_bos,
                        fields.BooleanOr("add_bos_token", false));
  }
  return {};
}

}  // namespace

Result<SpecialTokens> ReadSpecialTokens(const fs::path& folder) {
  SpecialTokens tokens;
  RA_RETURN_IF_ERROR(AddFrom(folder / "tokenizer_config.json", tokens));
  RA_RETURN_IF_ERROR(AddFrom(folder / "special_tokens_map.json", tokens));
  return tokens;
}

}  // namespace rankadaptor::llama::internal
