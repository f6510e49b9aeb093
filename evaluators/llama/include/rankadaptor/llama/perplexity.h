// Held-out loss: the mean next-token loss of a model on a plain text, cut into
// windows that are each read alone (spec 1.12).
//
//   RA_ASSIGN_OR_RETURN(std::vector<TokenWindow> windows,
//                       ReadTokenWindows("valid.txt", tokenizer, {}));
//   RA_ASSIGN_OR_RETURN(std::vector<double> losses,
//                       WindowLosses(model, nullptr, windows, {}));
//   double mean = EstimateMean(losses).mean;      // exp(mean): perplexity
//
// All functions are thread-safe.
#ifndef RANKADAPTOR_LLAMA_PERPLEXITY_H_
#define RANKADAPTOR_LLAMA_PERPLEXITY_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/scorer.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::llama {

using TokenWindow = std::vector<int32_t>;

// Neither adds anything where the tokenizer's texts have no BOS (Qwen's).
enum class WindowStart {
  kBosOnce,        // BOS before the text, windows follow each other
  kBosEachWindow,  // BOS in the place of each window's first token
};

struct TokenWindowOptions {
  int64_t length = 256;  // tokens of a window, at least 2
  WindowStart start = WindowStart::kBosEachWindow;
  int64_t max_windows = 0;  // from the beginning of the text; 0: all
};

// Encodes the whole file once and cuts it into windows that do not overlap;
// the rest is dropped. kInvalidArgument if the text does not fill one window or
// an option is out of range.
Result<std::vector<TokenWindow>> ReadTokenWindows(
    const std::filesystem::path& file,
    const Tokenizer& tokenizer,
    const TokenWindowOptions& options);

// Mean loss in nats over the length-1 targets of each window, in the order of
// `windows`. All windows have the same length, so the mean of the result is
// the mean over tokens. `adapter` may be null; of `options`, max_length is not
// used. Errors as ScoreRequests().
Result<std::vector<double>> WindowLosses(const Model& model,
                                         const Adapter* adapter,
                                         std::span<const TokenWindow> windows,
                                         const ScoringOptions& options);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_PERPLEXITY_H_
