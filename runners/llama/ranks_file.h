// One LoRA rank per layer, from a file that a person or a script wrote.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_RANKS_FILE_H_
#define RANKADAPTOR_RUNNERS_LLAMA_RANKS_FILE_H_

#include <filesystem>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// Whole numbers in [0, 65536], as many as the model has layers, as a JSON list
// or with commas or white space between. kInvalidArgument names the place and
// the number. Thread-safe.
Result<std::vector<int>> ReadRanksFile(const std::filesystem::path& file,
                                       int num_layers);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_RANKS_FILE_H_
