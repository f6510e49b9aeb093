#include "rankadaptor/llama/recovery_data.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "evaluators/llama/checkpoint/strict_json.h"
#include "evaluators/llama/training/document_rows.h"
#include "evaluators/llama/training/option_checks.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

// Padded lengths are multiples of this (spec 2.3).
constexpr int64_t kLengthMultiple = 8;

std::string_view Strip(std::string_view text) {
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  const size_t end = text.find_last_not_of(kWhiteSpace);
  return text.substr(begin, end - begin + 1);
}

Status CheckCutoff(int64_t cutoff_length) {
  return internal::CheckLowerBounds({{"cutoff_length", cutoff_length, 2}});
}

Result<int32_t> RequireEos(const Tokenizer& tokenizer) {
  if (tokenizer.eos_id() >= 0) return tokenizer.eos_id();
  return InvalidArgument(
      "the tokenizer has no EOS token, which training rows need");
}

// What texts begin with, if with anything (not Qwen's).
std::optional<int32_t> Bos(const Tokenizer& tokenizer) {
  if (tokenizer.bos_id() < 0) return std::nullopt;
  return tokenizer.bos_id();
}

// --- Instruction data --------------------------------------------------------

// BOS where texts have it and the text's ids, at most `cutoff` in all.
Result<std::vector<int32_t>> EncodeWithBos(std::string_view text,
                                           const Tokenizer& tokenizer,
                                           int64_t cutoff) {
  RA_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer.Encode(text));
  if (const auto bos = Bos(tokenizer)) ids.insert(ids.begin(), *bos);
  if (static_cast<int64_t>(ids.size()) > cutoff) {
    ids.resize(static_cast<size_t>(cutoff));
  }
  return ids;
}

// `text` with a mark at its end: a full stop becomes `mark` when that is a
// colon, and text without any mark gets it.
std::string Punctuated(const std::string& text, char mark) {
  if (text.empty()) return text;
  const char last = text.back();
  if (last == '.' && mark == ':') return text.substr(0, text.size() - 1) + mark;
  constexpr std::string_view kMarks = ".:?!";
  return kMarks.find(last) == kMarks.npos ? text + mark : text;
}

Result<std::string> StringField(const json& object,
                                const char* name,
                                bool required) {
  auto field = object.find(name);
  if (field == object.end() || field->is_null()) {
    if (!required) return std::string();
    return InvalidArgument(std::string(name) + " is missing");
  }
  if (field->is_string()) return field->get<std::string>();
  return InvalidArgument(std::string(name) + " = " +
                         internal::JsonForMessage(*field) + " is not a string");
}

Result<InstructionExample> ParseExample(const json& object) {
  if (!object.is_object()) return InvalidArgument("is not an object");
  InstructionExample example;
  RA_ASSIGN_OR_RETURN(example.instruction,
                      StringField(object, "instruction", true));
  RA_ASSIGN_OR_RETURN(example.input, StringField(object, "input", false));
  RA_ASSIGN_OR_RETURN(example.output, StringField(object, "output", true));
  return example;
}

Result<json> ParseJsonList(const std::string& text, const fs::path& file) {
  json list = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (list.is_discarded()) return DataLoss(file.string() + ": is not JSON");
  if (list.is_array()) return list;
  return InvalidArgument(file.string() +
                         ": is not a list of {instruction, input, output}");
}

// --- What every file ends in -------------------------------------------------

void AddRow(TrainingRow row, RecoveryData& data) {
  if (row.HasTarget()) {
    data.rows.push_back(std::move(row));
  } else {
    ++data.num_rows_without_target;
  }
}

Result<RecoveryData> CheckNotEmpty(RecoveryData data, const fs::path& file) {
  if (!data.rows.empty()) return data;
  return InvalidArgument(
      file.string() + ": has no training rows with a target (" +
      std::to_string(data.num_rows_without_target) + " without one)");
}

// --- Text --------------------------------------------------------------------

Status AddDocument(std::string_view text,
                   const Tokenizer& tokenizer,
                   const TextOptions& options,
                   RecoveryData& data) {
  text = Strip(text);
  if (text.empty()) return {};
  std::optional<int32_t> eos;
  if (options.append_eos) {
    RA_ASSIGN_OR_RETURN(eos, RequireEos(tokenizer));
  }
  RA_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer.Encode(text));
  for (std::vector<int32_t>& row : internal::DocumentRows(
           ids, Bos(tokenizer), eos, options.cutoff_length)) {
    AddRow({row, row}, data);
  }
  return {};
}

// Calls body(part) for the parts of `text` between separators.
template <typename Body>
Status ForEachPart(std::string_view text,
                   std::string_view separator,
                   Body&& body) {
  while (!text.empty()) {
    const size_t end = separator.empty() ? text.npos : text.find(separator);
    RA_RETURN_IF_ERROR(body(text.substr(0, end)));
    if (end == text.npos) break;
    text.remove_prefix(end + separator.size());
  }
  return {};
}

}  // namespace

bool TrainingRow::HasTarget() const {
  return std::ranges::any_of(labels | std::views::drop(1), [](int32_t label) {
    return label != kIgnoredLabel;
  });
}

Result<PromptStyle> ParsePromptStyle(std::string_view name) {
  for (PromptStyle style :
       {PromptStyle::kAlpaca, PromptStyle::kNoInstruction}) {
    if (name == PromptStyleName(style)) return style;
  }
  return InvalidArgument("prompt style \"" + std::string(name) +
                         "\" is not one of alpaca, no_instruction");
}

const char* PromptStyleName(PromptStyle style) {
  return style == PromptStyle::kAlpaca ? "alpaca" : "no_instruction";
}

std::string InstructionPrompt(const InstructionExample& example,
                              PromptStyle style) {
  if (style == PromptStyle::kNoInstruction) {
    return Punctuated(example.instruction, ':') + " " +
           Punctuated(example.input, '.') + " ";
  }
  if (example.input.empty()) {
    return "Below is an instruction that describes a task. Write a response "
           "that appropriately completes the request.\n\n### Instruction:\n" +
           example.instruction + "\n\n### Response:\n";
  }
  return "Below is an instruction that describes a task, paired with an input "
         "that provides further context. Write a response that appropriately "
         "completes the request.\n\n### Instruction:\n" +
         example.instruction + "\n\n### Input:\n" + example.input +
         "\n\n### Response:\n";
}

Result<TrainingRow> MakeInstructionRow(const InstructionExample& example,
                                       const Tokenizer& tokenizer,
                                       const InstructionOptions& options) {
  const std::string prompt = InstructionPrompt(example, options.prompt_style);
  TrainingRow row;
  RA_ASSIGN_OR_RETURN(
      row.ids,
      EncodeWithBos(prompt + example.output, tokenizer, options.cutoff_length));
  RA_ASSIGN_OR_RETURN(int32_t eos, RequireEos(tokenizer));
  const bool ended = !row.ids.empty() && row.ids.back() == eos;
  if (!ended && static_cast<int64_t>(row.ids.size()) < options.cutoff_length) {
    row.ids.push_back(eos);
  }
  row.labels = row.ids;
  if (options.train_on_inputs) return row;
  // The prompt alone is tokenised again; its last id can differ from the one
  // in the joint text, as in the reference.
  RA_ASSIGN_OR_RETURN(std::vector<int32_t> prompt_ids,
                      EncodeWithBos(prompt, tokenizer, options.cutoff_length));
  size_t num_ignored = std::min(prompt_ids.size(), row.labels.size());
  const bool prompt_fills_row = std::ssize(prompt_ids) == options.cutoff_length;
  if (options.add_eos_token && prompt_fills_row) --num_ignored;
  std::fill_n(row.labels.begin(), num_ignored, kIgnoredLabel);
  return row;
}

Result<RecoveryData> LoadAlpaca(const fs::path& file,
                                const Tokenizer& tokenizer,
                                const InstructionOptions& options) {
  RA_RETURN_IF_ERROR(CheckCutoff(options.cutoff_length));
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
  RA_ASSIGN_OR_RETURN(json list, ParseJsonList(text, file));
  RecoveryData data;
  for (size_t i = 0; i < list.size(); ++i) {
    auto example = ParseExample(list[i]);
    if (!example) {
      return InContext(file.string() + ": row " + std::to_string(i),
                       example.error());
    }
    RA_ASSIGN_OR_RETURN(TrainingRow row,
                        MakeInstructionRow(*example, tokenizer, options));
    AddRow(std::move(row), data);
  }
  return CheckNotEmpty(std::move(data), file);
}

Result<RecoveryData> LoadText(const fs::path& file,
                              const Tokenizer& tokenizer,
                              const TextOptions& options) {
  RA_RETURN_IF_ERROR(CheckCutoff(options.cutoff_length));
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
  RecoveryData data;
  RA_RETURN_IF_ERROR(ForEachPart(
      text, options.document_separator, [&](std::string_view document) {
        return AddDocument(document, tokenizer, options, data);
      }));
  return CheckNotEmpty(std::move(data), file);
}

Result<RecoveryData> LoadJsonLines(const fs::path& file,
                                   const Tokenizer& tokenizer,
                                   const TextOptions& options) {
  RA_RETURN_IF_ERROR(CheckCutoff(options.cutoff_length));
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
  RecoveryData data;
  int64_t line_number = 0;
  RA_RETURN_IF_ERROR(
      ForEachPart(text, "\n", [&](std::string_view line) -> Status {
        ++line_number;
        if (Strip(line).empty()) return {};
        const std::string place =
            file.string() + ": line " + std::to_string(line_number);
        RA_ASSIGN_OR_RETURN(json object,
                            internal::ParseJsonObject(line, place));
        auto document = StringField(object, "text", true);
        if (!document) return InContext(place, document.error());
        return AddDocument(*document, tokenizer, options, data);
      }));
  return CheckNotEmpty(std::move(data), file);
}

TokenBatch Collate(std::span<const TrainingRow> rows) {
  TokenBatch batch;
  batch.num_rows = static_cast<int64_t>(rows.size());
  for (const TrainingRow& row : rows) {
    batch.row_length =
        std::max(batch.row_length, static_cast<int64_t>(row.ids.size()));
  }
  batch.row_length = (batch.row_length + kLengthMultiple - 1) /
                     kLengthMultiple * kLengthMultiple;
  for (const TrainingRow& row : rows) {
    const size_t padding =
        static_cast<size_t>(batch.row_length) - row.ids.size();
    auto append = [padding](auto& to, auto fill, const auto& values) {
      to.insert(to.end(), padding, fill);
      to.insert(to.end(), values.begin(), values.end());
    };
    append(batch.ids, 0, row.ids);
    append(batch.labels, kIgnoredLabel, row.labels);
    append(batch.attention_mask,
           uint8_t{0},
           std::vector<uint8_t>(row.ids.size(), 1));
  }
  return batch;
}

}  // namespace rankadaptor::llama
