#include "evaluators/llama/checkpoint/tokenizer/added_tokens.h"

#include <algorithm>
#include <utility>

namespace rankadaptor::llama::internal {

void AddedTokens::Add(std::string content, int32_t id) {
  auto& tokens = by_first_byte_[static_cast<unsigned char>(content.front())];
  const auto place = std::ranges::find_if(tokens, [&](const Token& other) {
    return other.content.size() < content.size();
  });
  tokens.insert(place, {std::move(content), id});
}

const AddedTokens::Token* AddedTokens::TokenAt(std::string_view text) const {
  for (const Token& token :
       by_first_byte_[static_cast<unsigned char>(text.front())]) {
    if (text.starts_with(token.content)) return &token;
  }
  return nullptr;
}

std::vector<AddedTokens::Part> AddedTokens::Split(std::string_view text) const {
  std::vector<Part> parts;
  size_t begin = 0;
  for (size_t i = 0; i < text.size();) {
    const Token* token = TokenAt(text.substr(i));
    if (token == nullptr) {
      ++i;
      continue;
    }
    if (i > begin) parts.push_back({text.substr(begin, i - begin), {}});
    parts.push_back({text.substr(i, token->content.size()), token->id});
    begin = i += token->content.size();
  }
  if (begin < text.size()) parts.push_back({text.substr(begin), {}});
  return parts;
}

}  // namespace rankadaptor::llama::internal
