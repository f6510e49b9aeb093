// The seven benchmarks of the paper's tables, read from their local files.
#ifndef RANKADAPTOR_LLAMA_SCORING_BUILTIN_TASKS_H_
#define RANKADAPTOR_LLAMA_SCORING_BUILTIN_TASKS_H_

#include <filesystem>
#include <string_view>

#include "rankadaptor/llama/task.h"

namespace rankadaptor::llama::internal {

// See LoadTask() in task.h. kNotFound lists the tasks if there is none of this
// name.
Result<Task> LoadBuiltinTask(std::string_view name,
                             const std::filesystem::path& data_dir);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_BUILTIN_TASKS_H_
