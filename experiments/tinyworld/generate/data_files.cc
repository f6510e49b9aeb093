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
  static const Mixture mixture = {{"facts", 16},
                                  {"echo", 12},
                                  {"retrieval", 18},
                                  {"moves", 10},
                                  {"two_hops", 10},
                                  {"counting", 8},
                                  {"comparison", 8},
                                  {"grammar", 6}};
  return mixture;
}

// What is learned before the rest: repeating what was said, then looking up,
// then looking up in two steps. From the whole world alone these come late.
struct Stage {
  Mixture mixture;
  int64_t num_bytes;
};
const std::vector<Stage>& Curriculum() {
  static const std::vector<Stage> stages = {
      {{{"echo", 100}}, 1'700'000},
      {{{"retrieval", 75}, {"echo", 25}}, 2'500'000},
      {{{"moves", 35}, {"two_hops", 35}, {"retrieval", 20}, {"echo", 10}},
       2'500'000}};
  return stages;
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
  std::string text;
  for (const Stage& stage : Curriculum()) {
    text += MakeText(stage.mixture,
                     "stage " + std::string(stage.mixture[0].topic),
                     stage.num_bytes,
                     kSeed);
  }
  return text + MakeText(WholeWorld(), "pretrain", num_bytes, kSeed);
}

}  // namespace rankadaptor::tinyworld
