// Tasks of the user's own (the format is in rankadaptor/llama/task.h).
#ifndef RANKADAPTOR_LLAMA_SCORING_TASK_FILE_H_
#define RANKADAPTOR_LLAMA_SCORING_TASK_FILE_H_

#include <filesystem>

#include "rankadaptor/llama/task.h"

namespace rankadaptor::llama::internal {

// Reads the task file (YAML or JSON) and its documents. Errors name file, line
// and field: a file that is not there or not YAML, an unknown, repeated or
// missing field, a task without choices, a data set without documents.
Result<Task> LoadTaskFile(const std::filesystem::path& file);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_TASK_FILE_H_
