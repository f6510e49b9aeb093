// Training rows for recovery (recovery.h): instruction data in Alpaca's JSON,
// plain text, or JSON lines with a "text", tokenised and labelled as LLM-Pruner
// does (spec 2.2, 2.3).
//
//   RA_ASSIGN_OR_RETURN(RecoveryData data,
//                       LoadAlpaca("alpaca.json", tokenizer, {}));
//
// Thread-safe: calls share nothing.
#ifndef RANKADAPTOR_LLAMA_RECOVERY_DATA_H_
#define RANKADAPTOR_LLAMA_RECOVERY_DATA_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama {

// One sequence; `labels` are ids or kIgnoredLabel, as long as `ids`.
struct TrainingRow {
  std::vector<int32_t> ids;
  std::vector<int32_t> labels;

  bool HasTarget() const;
};

struct RecoveryData {
  std::vector<TrainingRow> rows;  // each has a target
  // Left out because nothing of them would be learned: their prompt alone is as
  // long as a row may be.
  int64_t num_rows_without_target = 0;
};

// One example of instruction data. `input` may be empty.
struct InstructionExample {
  std::string instruction;
  std::string input;
  std::string output;
};

enum class PromptStyle {
  kAlpaca,         // Stanford Alpaca's two prompts, with and without an input
  kNoInstruction,  // "instruction: input answer" on one line
};

// "alpaca" or "no_instruction"; else kInvalidArgument.
Result<PromptStyle> ParsePromptStyle(std::string_view name);
const char* PromptStyleName(PromptStyle style);

// What stands before the answer. Fields are taken as they are, not stripped.
std::string InstructionPrompt(const InstructionExample& example,
                              PromptStyle style);

struct InstructionOptions {
  // Ids of a row at most, BOS and EOS included.
  int64_t cutoff_length = 256;
  PromptStyle prompt_style = PromptStyle::kAlpaca;
  // Learn the prompt too, not only the answer and EOS.
  bool train_on_inputs = false;
  // LLM-Pruner's flag of this name. It changes one thing only: of a prompt that
  // fills the whole row the last id is a target, because the reference takes
  // off an EOS that truncation left no room for.
  bool add_eos_token = false;
};

// BOS, prompt, answer and, if there is room, EOS. The labels of as many ids are
// ignored as BOS and the prompt alone have. Rows have no BOS where the
// tokenizer's texts have none (Tokenizer::bos_id()).
Result<TrainingRow> MakeInstructionRow(const InstructionExample& example,
                                       const Tokenizer& tokenizer,
                                       const InstructionOptions& options);

// A JSON list of {"instruction", "input" (may be absent), "output"}. Errors
// name the file, the row and the field; kInvalidArgument without rows that have
// a target.
Result<RecoveryData> LoadAlpaca(const std::filesystem::path& file,
                                const Tokenizer& tokenizer,
                                const InstructionOptions& options);

struct TextOptions {
  // Longer documents are cut into windows of this many ids.
  int64_t cutoff_length = 256;
  // What stands between two documents of a text file, e.g. "\n\n" for blank
  // lines; empty: the file is one document.
  std::string document_separator = "<|endoftext|>";
  // End each document with EOS. Off for models that never saw one there.
  bool append_eos = false;
};

// Documents of a plain text file, without surrounding white space: BOS where
// texts have it, ids, every id after the first a target once. A window begins
// with the last id of the one before.
Result<RecoveryData> LoadText(const std::filesystem::path& file,
                              const Tokenizer& tokenizer,
                              const TextOptions& options);

// The same for a file with one JSON object per line, each with a "text": one
// document. `document_separator` is not used.
Result<RecoveryData> LoadJsonLines(const std::filesystem::path& file,
                                   const Tokenizer& tokenizer,
                                   const TextOptions& options);

// Rows padded on the left with id 0 to a multiple of 8 ids (spec 2.3).
TokenBatch Collate(std::span<const TrainingRow> rows);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_RECOVERY_DATA_H_
