#include "evaluators/llama/scoring/text_template.h"

#include "rankadaptor/common/quote.h"

namespace rankadaptor::llama::internal {

Result<TextTemplate> TextTemplate::Parse(std::string_view text) {
  TextTemplate result;
  std::string literal;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      literal += c;
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == c) {  // {{ or }}
      literal += c;
      ++i;
      continue;
    }
    const size_t end = text.find_first_of("{}", i + 1);
    if (c == '}' || end == std::string_view::npos || text[end] == '{' ||
        end == i + 1) {
      return InvalidArgument(Quote(text) + " has a brace at character " +
                             std::to_string(i + 1) +
                             " that is not part of a {field} (a brace itself "
                             "is written twice)");
    }
    result.pieces_.push_back({false, std::move(literal)});
    result.pieces_.push_back(
        {true, std::string(text.substr(i + 1, end - i - 1))});
    literal.clear();
    i = end;
  }
  result.pieces_.push_back({false, std::move(literal)});
  return result;
}

Result<std::string> TextTemplate::Render(const JsonFields& fields) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    if (!piece.is_field) {
      text += piece.text;
      continue;
    }
    const nlohmann::json* value = fields.Find(piece.text.c_str());
    if (value == nullptr) return fields.Missing(piece.text.c_str());
    if (!value->is_string() && !value->is_number()) {
      return fields.Refuse(piece.text.c_str(), "is not a string or a number");
    }
    text += value->is_string() ? value->get<std::string>() : value->dump();
  }
  return text;
}

}  // namespace rankadaptor::llama::internal
