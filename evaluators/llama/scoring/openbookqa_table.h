// OpenBookQA's TSV files as rows in the fields of the Hugging Face data set.
#ifndef RANKADAPTOR_LLAMA_SCORING_OPENBOOKQA_TABLE_H_
#define RANKADAPTOR_LLAMA_SCORING_OPENBOOKQA_TABLE_H_

#include <filesystem>
#include <string_view>
#include <vector>

#include "evaluators/llama/scoring/json_lines.h"

namespace rankadaptor::llama::internal {

// Columns are found by the names in the first line: ID, Question Stem, Choices,
// Answer Key. Each row becomes {id, question_stem, choices: {text, label},
// answerKey}.
Result<std::vector<JsonRow>> ReadOpenbookqaTable(
    const std::filesystem::path& file);

// "(A) one (B) two" -> {text: [one, two], label: [A, B]}; fewer than two
// elements if the text is not of this form.
nlohmann::json SplitLetteredChoices(std::string_view text);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_OPENBOOKQA_TABLE_H_
