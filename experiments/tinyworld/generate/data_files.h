// The files of experiments/tinyworld/data as bytes, always the same ones, and
// the text that the embedded model is trained on, which is too large to commit.
//
// Thread-safe.
#ifndef RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_DATA_FILES_H_
#define RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_DATA_FILES_H_

#include <cstdint>
#include <map>
#include <string>

namespace rankadaptor::tinyworld {

// Of each task; half of them for the search, half for the final table.
inline constexpr int kNumItems = 1000;

// Contents by file name: <task>.jsonl with its task file <task>.yaml,
// recovery.txt, calibration.txt and heldout.txt.
std::map<std::string, std::string> MakeDataFiles();

// At least `num_bytes` of text, one document a line.
std::string MakePretrainingText(int64_t num_bytes);

}  // namespace rankadaptor::tinyworld

#endif  // RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_DATA_FILES_H_
