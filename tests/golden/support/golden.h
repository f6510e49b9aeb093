// Finds golden cases and counts what is compared. A golden test is
//
//   TEST(GoldenForward, LogitsMatch) {
//     for (const GoldenCase& c : GoldenCases("forward", "forward_")) {
//       ... Compared(n);
//     }
//   }
//
// GoldenCases() skips the test with a message when the folder is absent.
#ifndef RANKADAPTOR_TESTS_GOLDEN_SUPPORT_GOLDEN_H_
#define RANKADAPTOR_TESTS_GOLDEN_SUPPORT_GOLDEN_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rankadaptor::testing {

struct GoldenCase {
  std::string name;             // the model's name, e.g. "stories260K"
  std::filesystem::path file;   // <golden>/<folder>/<prefix><name>.json
  std::filesystem::path model;  // <models>/<name>; may not exist
  nlohmann::json data;
};

// RANKADAPTOR_GOLDEN_DIR, else ../shared/golden beside the source tree.
std::filesystem::path GoldenDir();
// RANKADAPTOR_MODELS_DIR, else ../shared/data/models beside the source tree.
std::filesystem::path ModelsDir();
// A file of the data folder, e.g. "finetune/alpaca.json": beside ModelsDir() if
// it is there, else ../shared/data beside the source tree.
std::filesystem::path DataFile(const std::filesystem::path& name);
// True if the golden folder is there.
bool HaveGolden();

// Every <golden>/<folder>/<prefix>NAME.json with a NAME that is a folder of
// ModelsDir(), ordered by name.
std::vector<GoldenCase> GoldenCases(const std::string& folder,
                                    const std::string& prefix);

// The subfolders of <golden>/<folder>, ordered by name.
std::vector<std::filesystem::path> GoldenFolders(const std::string& folder);

nlohmann::json ReadJson(const std::filesystem::path& file);
// One value per line.
std::vector<nlohmann::json> ReadJsonLines(const std::filesystem::path& file);

// Adds to the number of compared values, printed when the program ends.
void Compared(int64_t count);

}  // namespace rankadaptor::testing

// First line of every golden test.
#define RA_SKIP_WITHOUT_GOLDEN()                        \
  if (!::rankadaptor::testing::HaveGolden()) {          \
    GTEST_SKIP() << "no golden values at "              \
                 << ::rankadaptor::testing::GoldenDir() \
                 << " (set RANKADAPTOR_GOLDEN_DIR)";    \
  }                                                     \
  static_assert(true, "")

#endif  // RANKADAPTOR_TESTS_GOLDEN_SUPPORT_GOLDEN_H_
