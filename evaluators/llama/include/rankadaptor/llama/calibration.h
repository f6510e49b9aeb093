// Calibration windows: the token sequences on which pruning measures what
// matters (spec 1.11). Drawn from a text file by an own seeded stream, or given
// as ids, which is how results of other programs are reproduced.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_CALIBRATION_H_
#define RANKADAPTOR_LLAMA_CALIBRATION_H_

#include <cstdint>
#include <filesystem>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::llama {

// One window per row, all of the same length.
using TokenWindows = std::vector<std::vector<int32_t>>;

// What a window must not reach beyond.
enum class CalibrationUnit {
  // A line of the file: lines with fewer tokens than a window are passed over,
  // and no line is used twice. For text with one document per line.
  kLine,
  // The whole file. For text that is wrapped into short lines.
  kFile,
};

// The defaults are LLM-Pruner's.
struct CalibrationOptions {
  int64_t num_windows = 10;
  int64_t window_tokens = 64;  // includes BOS where the window has it
  CalibrationUnit unit = CalibrationUnit::kLine;
  uint64_t seed = 42;
};

// Tokenises units of `text_file` (BOS in front of each) and takes a uniformly
// random window of each line drawn, or num_windows of the whole file.
// kInvalidArgument if an option is out of range or the file has too few units
// that are long enough, with how many it has.
Result<TokenWindows> SampleCalibrationWindows(
    const std::filesystem::path& text_file,
    const Tokenizer& tokenizer,
    const CalibrationOptions& options);

// Reads a JSON list of lists of ids and checks it as below.
Result<TokenWindows> ReadCalibrationIds(const std::filesystem::path& file,
                                        int64_t vocab_size);

// kInvalidArgument unless there is at least one window, all have the same
// length of 2 tokens or more and all ids are in [0, vocab_size).
Status CheckCalibrationWindows(const TokenWindows& windows, int64_t vocab_size);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_CALIBRATION_H_
