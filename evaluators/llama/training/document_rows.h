// Documents as training rows.
#ifndef RANKADAPTOR_LLAMA_TRAINING_DOCUMENT_ROWS_H_
#define RANKADAPTOR_LLAMA_TRAINING_DOCUMENT_ROWS_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace rankadaptor::llama::internal {

// BOS if given, ids and, if given, EOS of a document, cut into windows of at
// most `row_length` >= 2 ids. A window begins with the last id of the one
// before, so that every id but the first is a target once; a document of one id
// in all has none.
std::vector<std::vector<int32_t>> DocumentRows(
    const std::vector<int32_t>& document,
    std::optional<int32_t> bos,
    std::optional<int32_t> eos,
    int64_t row_length);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_DOCUMENT_ROWS_H_
