// The old harnesses with a tokenizer that keeps spaces, as real LLaMA's does:
// there, separate and joint encoding differ.
#include <cmath>

#include "rankadaptor/llama/scorer.h"

#include "tests/golden/scoring/tasks.h"

namespace rankadaptor::testing {
namespace {

namespace fs = std::filesystem;
using llama::EncodedDocument;
using llama::EncodedTask;
using llama::Model;
using llama::Task;
using llama::TaskScores;
using llama::Tokenizer;
using nlohmann::json;

double Tolerance(double log_likelihood) {
  return 1e-4 + 1e-6 * std::abs(log_likelihood);
}

// Calls body(file) for every pair_encoding_*.json whose model is there.
template <typename Body>
void ForEachFile(const Body& body) {
  const fs::path folder = GoldenDir() / "tokenizer_variants";
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const json file = ReadJson(entry.path());
    if (!file.contains("presets")) continue;
    const fs::path model = ModelsDir() / file["model"].get<std::string>();
    if (!fs::is_directory(model)) continue;
    SCOPED_TRACE(entry.path().filename().string());
    body(file,
         Tokenizer::Load(folder / file["tokenizer"].get<std::string>()).value(),
         Model::Load(model, {}).value());
  }
}

EncodedTask Encode(const std::string& name,
                   const json& documents,
                   const std::string& preset,
                   const Tokenizer& tokenizer) {
  const Task task = llama::LoadTask(name, GoldenDocs()).value();
  std::vector<int64_t> ids;
  for (const json& document : documents) ids.push_back(document["doc_id"]);
  return llama::EncodeTask(
             task, ids, tokenizer, llama::ParseScoringPreset(preset).value())
      .value();
}

void ExpectIds(const json& expected, const EncodedDocument& document) {
  for (size_t i = 0; i < document.requests.size(); ++i) {
    const auto& request = document.requests[i];
    EXPECT_EQ(request.context.size(), expected["n_ctx"][i]);
    EXPECT_EQ(request.continuation.size(), expected["n_cont"][i]);
    const auto first =
        expected["cont_first_ids"][i].get<std::vector<int32_t>>();
    ASSERT_GE(request.continuation.size(), first.size());
    EXPECT_TRUE(
        std::equal(first.begin(), first.end(), request.continuation.begin()));
    Compared(2 + std::ssize(first));
  }
}

void ExpectTask(const json& documents,
                const EncodedTask& task,
                const Model& model) {
  // The real run let inputs be this long, beyond what the model was made for.
  llama::ScoringOptions options;
  options.max_length = 2048;
  const TaskScores scores =
      llama::ScoreTask(model, nullptr, task, options).value();
  for (size_t i = 0; i < documents.size(); ++i) {
    SCOPED_TRACE("document " + documents[i]["doc_id"].dump());
    ExpectIds(documents[i], task.documents[i]);
    const json& expected = documents[i]["ll"];
    for (size_t k = 0; k < expected.size(); ++k) {
      const double value = expected[k];
      EXPECT_NEAR(scores.documents[i].choices[k].log_likelihood,
                  value,
                  Tolerance(value));
      Compared(1);
    }
  }
}

TEST(GoldenPresets, OldHarnessesEncodePairsAsTheyDid) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachFile(
      [](const json& file, const Tokenizer& tokenizer, const Model& model) {
        for (const auto& [preset, tasks] : file["presets"].items()) {
          for (const auto& [task, documents] : tasks.items()) {
            SCOPED_TRACE(preset + " " + task);
            ExpectTask(
                documents, Encode(task, documents, preset, tokenizer), model);
          }
        }
      });
}

}  // namespace
}  // namespace rankadaptor::testing
