#include "evaluators/llama/scoring/documents.h"

#include "evaluators/llama/scoring/text.h"

namespace rankadaptor::llama::internal {
namespace {

void AddChoice(std::string_view context,
               std::string_view choice,
               TaskDocument& document) {
  std::string continuation(kTargetDelimiter);
  continuation.append(choice);
  document.requests.push_back({std::string(context), std::move(continuation)});
  document.choice_lengths.push_back(CountCodePoints(choice));
}

}  // namespace

TaskDocument ChoicesAfterContext(std::string_view context,
                                 std::span<const std::string> choices,
                                 int gold) {
  TaskDocument document;
  document.gold = gold;
  for (const std::string& choice : choices) {
    AddChoice(context, choice, document);
  }
  return document;
}

TaskDocument ContextsBeforeContinuation(std::span<const std::string> contexts,
                                        std::string_view continuation,
                                        int gold) {
  TaskDocument document;
  document.gold = gold;
  for (const std::string& context : contexts) {
    AddChoice(context, continuation, document);
  }
  return document;
}

Status Identify(const JsonRow& row, TaskDocument& document) {
  RA_ASSIGN_OR_RETURN(document.id, IdField(row.fields()));
  // Tables are not checked to be UTF-8; JSON must be.
  document.json =
      row.object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return {};
}

}  // namespace rankadaptor::llama::internal
