#include "tests/golden/support/golden.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace rankadaptor::testing {
namespace {

namespace fs = std::filesystem;

fs::path FromEnvironment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  if (value != nullptr && *value != '\0') return value;
  return fs::path(RANKADAPTOR_SHARED_DIR) / fallback;
}

// Prints how many values were compared when the program ends.
class ComparisonCounter : public ::testing::Environment {
 public:
  void TearDown() override {
    std::printf("golden values compared: %lld\n",
                static_cast<long long>(count));
  }
  int64_t count = 0;
};

ComparisonCounter* const counter = static_cast<ComparisonCounter*>(
    ::testing::AddGlobalTestEnvironment(new ComparisonCounter));

}  // namespace

fs::path GoldenDir() {
  return FromEnvironment("RANKADAPTOR_GOLDEN_DIR", "golden");
}
fs::path ModelsDir() {
  return FromEnvironment("RANKADAPTOR_MODELS_DIR", "data/models");
}
fs::path DataFile(const fs::path& name) {
  const fs::path beside_models = ModelsDir().parent_path() / name;
  if (fs::exists(beside_models)) return beside_models;
  return fs::path(RANKADAPTOR_SHARED_DIR) / "data" / name;
}
bool HaveGolden() { return fs::is_directory(GoldenDir()); }

nlohmann::json ReadJson(const fs::path& file) {
  std::ifstream stream(file);
  return nlohmann::json::parse(stream);
}

std::vector<nlohmann::json> ReadJsonLines(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<nlohmann::json> values;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) values.push_back(nlohmann::json::parse(line));
  }
  return values;
}

std::vector<GoldenCase> GoldenCases(const std::string& folder,
                                    const std::string& prefix) {
  std::vector<GoldenCase> cases;
  if (!fs::is_directory(GoldenDir() / folder)) return cases;
  for (const auto& entry : fs::directory_iterator(GoldenDir() / folder)) {
    std::string stem = entry.path().stem().string();
    if (entry.path().extension() != ".json" || !stem.starts_with(prefix)) {
      continue;
    }
    std::string name = stem.substr(prefix.size());
    if (!fs::is_directory(ModelsDir() / name)) continue;
    cases.push_back(
        {name, entry.path(), ModelsDir() / name, ReadJson(entry.path())});
  }
  std::ranges::sort(cases, {}, &GoldenCase::name);
  return cases;
}

std::vector<fs::path> GoldenFolders(const std::string& folder) {
  std::vector<fs::path> folders;
  if (!fs::is_directory(GoldenDir() / folder)) return folders;
  for (const auto& entry : fs::directory_iterator(GoldenDir() / folder)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  return folders;
}

void Compared(int64_t count) { counter->count += count; }

}  // namespace rankadaptor::testing
