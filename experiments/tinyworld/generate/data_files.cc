#include "experiments/tinyworld/generate/data_files.h"

#include <nlohmann/json.hpp>

#include "experiments/tinyworld/generate/corpus.h"

namespace rankadaptor::tinyworld {
namespace {

constexpr uint64_t kSeed = 7;
constexpr int64_t kRecoveryBytes = 400'000;
constexpr int64_t kCalibrationBytes = 20'000;
constexpr int64_t kHeldoutBytes = 60'000;

// Everything there is in the world.
const Mixture& WholeWorld() {
  static const Mixture mixture = {{"facts", 26},
                                  {"echo", 14},
                                  {"counting", 18},
                                  {"comparison", 16},
                                  {"grammar", 8}};
  return mixture;
}

std::string JsonLines(const std::vector<Item>& items) {
  std::string lines;
  for (const Item& item : items) {
    const nlohmann::ordered_json document = {{"context", item.context},
                                             {"choices", item.choices},
                                             {"gold", item.gold}};
    lines += document.dump() + "\n";
  }
  return lines;
}

std::string TaskFile(const std::string& task) {
  return "name: " + task + "\ndata: " + task +
         ".jsonl\n"
         "context: \"{context}\"\n"
         "choices: choices\n"
         "gold: gold\n";
}

}  // namespace

std::map<std::string, std::string> MakeDataFiles() {
  std::map<std::string, std::string> files;
  for (const Topic& topic : Topics()) {
    const std::string task(topic.name);
    files[task + ".jsonl"] = JsonLines(MakeItems(topic, kNumItems, kSeed));
    files[task + ".yaml"] = TaskFile(task);
  }
  files["recovery.txt"] =
      MakeText(WholeWorld(), "recovery", kRecoveryBytes, kSeed);
  files["calibration.txt"] =
      MakeText(WholeWorld(), "calibration", kCalibrationBytes, kSeed);
  files["heldout.txt"] =
      MakeText(WholeWorld(), "heldout", kHeldoutBytes, kSeed);
  return files;
}

std::string MakePretrainingText(int64_t num_bytes) {
  return MakeText(WholeWorld(), "pretrain", num_bytes, kSeed);
}

}  // namespace rankadaptor::tinyworld
