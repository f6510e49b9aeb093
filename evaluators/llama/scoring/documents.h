// Puts the texts of one question together into a TaskDocument.
#ifndef RANKADAPTOR_LLAMA_SCORING_DOCUMENTS_H_
#define RANKADAPTOR_LLAMA_SCORING_DOCUMENTS_H_

#include <span>
#include <string>
#include <string_view>

#include "rankadaptor/llama/task.h"

#include "evaluators/llama/scoring/json_lines.h"

namespace rankadaptor::llama::internal {

// Between context and choice, in all tasks (lm-eval's target_delimiter).
inline constexpr std::string_view kTargetDelimiter = " ";

// Each choice is scored after the same context. `id` and `json` stay empty.
TaskDocument ChoicesAfterContext(std::string_view context,
                                 std::span<const std::string> choices,
                                 int gold);

// The same continuation is scored after each context (partial scoring).
TaskDocument ContextsBeforeContinuation(std::span<const std::string> contexts,
                                        std::string_view continuation,
                                        int gold);

// Fills `id` and `json` from the row that the document was read from.
Status Identify(const JsonRow& row, TaskDocument& document);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_DOCUMENTS_H_
