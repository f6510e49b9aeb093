// Plain text as tokenised documents, for pretraining.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_TEXT_DOCUMENTS_H_
#define RANKADAPTOR_RUNNERS_LLAMA_TEXT_DOCUMENTS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::runners {

// Cuts the file at each `separator` (not at all if that is empty), drops
// documents without a token, and encodes the others without special tokens.
// kInvalidArgument if nothing is left. Thread-safe.
Result<std::vector<std::vector<int32_t>>> ReadTextDocuments(
    const std::filesystem::path& file,
    const std::string& separator,
    const llama::Tokenizer& tokenizer);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_TEXT_DOCUMENTS_H_
