#include "evaluators/llama/training/document_rows.h"

#include <algorithm>
#include <cstddef>

namespace rankadaptor::llama::internal {

std::vector<std::vector<int32_t>> DocumentRows(
    const std::vector<int32_t>& document,
    std::optional<int32_t> bos,
    std::optional<int32_t> eos,
    int64_t row_length) {
  std::vector<int32_t> ids;
  if (bos) ids.push_back(*bos);
  ids.insert(ids.end(), document.begin(), document.end());
  if (eos) ids.push_back(*eos);
  std::vector<std::vector<int32_t>> rows;
  const auto window = static_cast<size_t>(row_length);
  for (size_t begin = 0; begin + 1 < ids.size(); begin += window - 1) {
    const size_t end = std::min(begin + window, ids.size());
    rows.emplace_back(ids.begin() + static_cast<ptrdiff_t>(begin),
                      ids.begin() + static_cast<ptrdiff_t>(end));
  }
  return rows;
}

}  // namespace rankadaptor::llama::internal
