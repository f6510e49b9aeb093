// What a study's nested ranks measured, kept in a file of its artifacts.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_PREVIEW_FILE_H_
#define RANKADAPTOR_RUNNERS_LLAMA_PREVIEW_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// Names all that a preview is computed from.
std::string PreviewKey(const v1::LlamaEvaluator& config,
                       const SearchSpace& space,
                       uint64_t seed);

// Makes the folder where it is missing.
Status WritePreview(const std::filesystem::path& file,
                    const std::string& key,
                    const SearchSpace& space,
                    const Preview& preview);

// What was written under this key, every bit; empty where there is no such file
// or it is another study's.
std::optional<Preview> ReadPreview(const std::filesystem::path& file,
                                   const std::string& key,
                                   const SearchSpace& space);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_PREVIEW_FILE_H_
