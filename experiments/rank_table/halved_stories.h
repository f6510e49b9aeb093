// stories260K with its three middle layers halved, as an evaluator of short
// recoveries: what is measured in the table of rank vectors.
#ifndef RANKADAPTOR_EXPERIMENTS_RANK_TABLE_HALVED_STORIES_H_
#define RANKADAPTOR_EXPERIMENTS_RANK_TABLE_HALVED_STORIES_H_

#include <filesystem>
#include <memory>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/llama_evaluator.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::llama {

// Ranks {2, 4, ..., 12} of the halved layers are searched. `data` is the folder
// with models/ and text/.
Result<std::unique_ptr<LlamaEvaluator>> MakeHalvedStories(
    const std::filesystem::path& data);

// "2,4,12," of the searched layers.
std::string RanksText(const SearchSpace& space, const Configuration& x);

// The names of the searched layers in the same form.
std::string LayersText(const SearchSpace& space);

// The next configuration in counting order; false after the last.
bool Advance(const SearchSpace& space, Configuration* x);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_EXPERIMENTS_RANK_TABLE_HALVED_STORIES_H_
