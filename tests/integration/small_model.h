// A folder with a LLaMA of three small layers, trained for a moment by
// `rankadaptor pretrain` on the text of experiments/tinyworld.
#ifndef RANKADAPTOR_TESTS_INTEGRATION_SMALL_MODEL_H_
#define RANKADAPTOR_TESTS_INTEGRATION_SMALL_MODEL_H_

#include <filesystem>

namespace rankadaptor::testing {

// Writes model/ and text.txt into `folder` and the configs prune.yaml,
// recover.yaml and search.yaml that use them (search.yaml: 4 trials, 2 seeds).
void WriteSmallModel(const std::filesystem::path& folder, int num_steps);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_INTEGRATION_SMALL_MODEL_H_
