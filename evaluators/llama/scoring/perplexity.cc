#include "rankadaptor/llama/perplexity.h"

#include <algorithm>

#include "rankadaptor/common/file.h"

namespace rankadaptor::llama {
namespace {

Status CheckOptions(const TokenWindowOptions& options) {
  if (options.length < 2) {
    return InvalidArgument("window length = " + std::to_string(options.length) +
                           " is below 2: there is nothing to predict");
  }
  if (options.max_windows < 0) {
    return InvalidArgument(
        "max_windows = " + std::to_string(options.max_windows) +
        " is negative");
  }
  return {};
}

}  // namespace

Result<std::vector<TokenWindow>> ReadTokenWindows(
    const std::filesystem::path& file,
    const Tokenizer& tokenizer,
    const TokenWindowOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(options));
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  RA_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer.Encode(text));
  const bool has_bos = tokenizer.bos_id() >= 0;
  if (has_bos && options.start == WindowStart::kBosOnce) {
    ids.insert(ids.begin(), tokenizer.bos_id());
  }
  int64_t count = static_cast<int64_t>(ids.size()) / options.length;
  if (count == 0) {
    return InvalidArgument(
        file.string() + ": has " + std::to_string(ids.size()) +
        " tokens, fewer than one window of " + std::to_string(options.length));
  }
  if (options.max_windows > 0) count = std::min(count, options.max_windows);
  std::vector<TokenWindow> windows;
  for (int64_t i = 0; i < count; ++i) {
    const auto begin = ids.begin() + i * options.length;
    TokenWindow& window = windows.emplace_back(begin, begin + options.length);
    if (has_bos && options.start == WindowStart::kBosEachWindow) {
      window.front() = tokenizer.bos_id();
    }
  }
  return windows;
}

Result<std::vector<double>> WindowLosses(const Model& model,
                                         const Adapter* adapter,
                                         std::span<const TokenWindow> windows,
                                         const ScoringOptions& options) {
  // A window is a request to continue its first token with all the others.
  std::vector<EncodedRequest> requests;
  ScoringOptions untruncated = options;
  untruncated.max_length = 1;
  for (const TokenWindow& window : windows) {
    if (window.size() < 2) {
      return InvalidArgument("a window has " + std::to_string(window.size()) +
                             " tokens, at least 2 are needed");
    }
    requests.push_back({{window.front()}, {window.begin() + 1, window.end()}});
    untruncated.max_length = std::max(untruncated.max_length,
                                      static_cast<int64_t>(window.size()) - 1);
  }
  RA_ASSIGN_OR_RETURN(const std::vector<RequestScore> scores,
                      ScoreRequests(model, adapter, requests, untruncated));
  std::vector<double> losses;
  for (const RequestScore& score : scores) {
    losses.push_back(-score.log_likelihood /
                     static_cast<double>(score.num_continuation_tokens));
  }
  return losses;
}

}  // namespace rankadaptor::llama
