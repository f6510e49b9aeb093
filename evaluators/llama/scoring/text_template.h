// A text with {field} placeholders, as task files have it.
#ifndef RANKADAPTOR_LLAMA_SCORING_TEXT_TEMPLATE_H_
#define RANKADAPTOR_LLAMA_SCORING_TEXT_TEMPLATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama::internal {

class TextTemplate {
 public:
  // {{ and }} stand for braces. kInvalidArgument if braces do not match or a
  // placeholder is empty.
  static Result<TextTemplate> Parse(std::string_view text);

  // The text with the values of `fields` filled in: strings as they are,
  // numbers as in JSON. kInvalidArgument names the field that is missing or of
  // another type.
  Result<std::string> Render(const JsonFields& fields) const;

 private:
  struct Piece {
    bool is_field = false;
    std::string text;  // literal text, or the field's name
  };
  std::vector<Piece> pieces_;
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_TEXT_TEMPLATE_H_
