#include "evaluators/llama/training/batch_tensors.h"

#include <algorithm>
#include <span>

namespace rankadaptor::llama::internal {
namespace {

// Where the tokens of a row are; everything else in it is padding.
struct TokenRange {
  int64_t begin = 0;
  int64_t end = 0;
};

std::span<const uint8_t> MaskOfRow(const TokenBatch& batch, int64_t row) {
  return std::span(batch.attention_mask)
      .subspan(static_cast<size_t>(row * batch.row_length),
               static_cast<size_t>(batch.row_length));
}

TokenRange TokensOfRow(std::span<const uint8_t> mask) {
  auto is_token = [](uint8_t value) { return value != 0; };
  auto begin = std::ranges::find_if(mask, is_token);
  auto end = std::find_if_not(begin, mask.end(), is_token);
  return {begin - mask.begin(), end - mask.begin()};
}

Status CheckSizes(const std::string& place, const TokenBatch& batch) {
  const auto size = static_cast<size_t>(batch.num_rows * batch.row_length);
  if (size > 0 && batch.ids.size() == size && batch.labels.size() == size &&
      batch.attention_mask.size() == size) {
    return {};
  }
  return InvalidArgument(place + ": " + std::to_string(batch.ids.size()) +
                         " ids, " + std::to_string(batch.labels.size()) +
                         " labels and a mask of " +
                         std::to_string(batch.attention_mask.size()) +
                         " are not " + std::to_string(batch.num_rows) +
                         " rows of " + std::to_string(batch.row_length));
}

Status CheckValues(const std::string& place,
                   const char* what,
                   const std::vector<int64_t>& values,
                   int64_t vocab_size,
                   bool may_be_ignored) {
  for (int64_t value : values) {
    if (value >= 0 && value < vocab_size) continue;
    if (may_be_ignored && value == kIgnoredLabel) continue;
    return InvalidArgument(place + ": " + what + " " + std::to_string(value) +
                           " is not in the vocabulary of " +
                           std::to_string(vocab_size));
  }
  return {};
}

}  // namespace

Status CheckBatch(const std::string& place,
                  const TokenBatch& batch,
                  int64_t vocab_size) {
  RA_RETURN_IF_ERROR(CheckSizes(place, batch));
  RA_RETURN_IF_ERROR(CheckValues(place, "id", batch.ids, vocab_size, false));
  RA_RETURN_IF_ERROR(
      CheckValues(place, "label", batch.labels, vocab_size, true));
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    const auto mask = MaskOfRow(batch, row);
    const TokenRange tokens = TokensOfRow(mask);
    if (tokens.end - tokens.begin !=
        std::ranges::count_if(mask, [](uint8_t m) { return m != 0; })) {
      return InvalidArgument(place + ", row " + std::to_string(row) +
                             ": padding stands between tokens");
    }
  }
  if (batch.NumTargets() == 0) {
    return InvalidArgument(place + ": no label is a target");
  }
  return {};
}

BatchTensors ToTensors(const TokenBatch& batch, at::Device device) {
  std::vector<TokenRange> tokens;
  int64_t length = 1;
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    tokens.push_back(TokensOfRow(MaskOfRow(batch, row)));
    length = std::max(length, tokens.back().end - tokens.back().begin);
  }
  at::Tensor ids = at::zeros({batch.num_rows, length}, at::kLong);
  at::Tensor labels =
      at::full({batch.num_rows, length}, kIgnoredLabel, at::kLong);
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    const auto [begin, end] = tokens[static_cast<size_t>(row)];
    const int64_t offset = row * batch.row_length;
    std::copy(batch.ids.begin() + offset + begin,
              batch.ids.begin() + offset + end,
              ids.mutable_data_ptr<int64_t>() + row * length);
    std::copy(batch.labels.begin() + offset + begin,
              batch.labels.begin() + offset + end,
              labels.mutable_data_ptr<int64_t>() + row * length);
  }
  return {ids.to(device), labels.to(device)};
}

}  // namespace rankadaptor::llama::internal
