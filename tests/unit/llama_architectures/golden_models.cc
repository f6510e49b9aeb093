#include "tests/unit/llama_architectures/golden_models.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "tests/support/formula_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::testing {
namespace {

namespace fs = std::filesystem;

GoldenModel Read(const fs::path& file) {
  const auto golden = nlohmann::json::parse(ReadFile(file).value());
  GoldenModel model = {file.stem().string(),
                       golden["config"].dump(),
                       golden["ids"].get<std::vector<int32_t>>(),
                       {}};
  for (const auto& row : golden["logits"]) {
    for (const auto& logit : row) model.logits.push_back(logit.get<float>());
  }
  return model;
}

std::vector<GoldenModel> ReadAll() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(GOLDEN_FOLDER)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<GoldenModel> models;
  for (const fs::path& file : files) models.push_back(Read(file));
  return models;
}

}  // namespace

const std::vector<GoldenModel>& GoldenModels() {
  static const auto* models = new std::vector<GoldenModel>(ReadAll());
  return *models;
}

llama::Model LoadFormulaModel(const GoldenModel& golden) {
  TemporaryFolder folder;
  WriteFormulaModel(golden.config_json, folder.path());
  auto model = llama::Model::Load(folder.path(), {});
  EXPECT_TRUE(model) << model.error().message;
  return std::move(model).value();
}

double LargestDifference(const std::vector<float>& a,
                         const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = std::abs(double{a[i]} - double{b[i]});
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

}  // namespace rankadaptor::testing
