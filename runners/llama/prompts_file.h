// Prompts for generation, from a file that a person or a script wrote.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_PROMPTS_FILE_H_
#define RANKADAPTOR_RUNNERS_LLAMA_PROMPTS_FILE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// A file that ends in .jsonl: one object a line whose "prompt" is a text, which
// may have several lines. Any other: a prompt a line. Empty lines are passed
// over. kInvalidArgument names the line, or a file without prompts.
// Thread-safe.
Result<std::vector<std::string>> ReadPromptsFile(
    const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_PROMPTS_FILE_H_
