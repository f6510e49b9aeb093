// Rows of Alpaca data as LLM-Pruner's own code tokenises and labels them.
#include <gmock/gmock.h>

#include "rankadaptor/llama/recovery_data.h"

#include "tests/golden/support/golden.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rankadaptor::testing::Compared;
using rankadaptor::testing::DataFile;
using rankadaptor::testing::GoldenFolders;
using rankadaptor::testing::ModelsDir;
using rankadaptor::testing::ReadJson;

// One golden file with what its rows are made from.
class AlpacaCase {
 public:
  AlpacaCase(const fs::path& folder, const fs::path& model)
      : expected_(ReadJson(folder / "alpaca.json")),
        source_(ReadJson(DataFile(fs::path("finetune") /
                                  expected_["source"].get<std::string>()))),
        tokenizer_(Tokenizer::Load(model).value()) {
    options_.cutoff_length = expected_["cutoff_len"];
  }

  const json& expected() const { return expected_; }
  const json& variant(const char* name) const {
    return expected_["variants"][name];
  }
  InstructionOptions options() const { return options_; }

  TrainingRow Row(const json& row, const InstructionOptions& options) const {
    const json& source = source_[row["row"].get<size_t>()];
    return MakeInstructionRow(
               {source["instruction"], source["input"], source["output"]},
               tokenizer_,
               options)
        .value();
  }

 private:
  json expected_;
  json source_;
  Tokenizer tokenizer_;
  InstructionOptions options_;
};

void ForEachCase(const std::function<void(const AlpacaCase&)>& body) {
  for (const fs::path& folder : GoldenFolders("recover")) {
    const fs::path model = ModelsDir() / folder.filename();
    if (!fs::is_directory(model)) continue;
    SCOPED_TRACE(folder.filename().string());
    body(AlpacaCase(folder, model));
  }
}

int64_t NumIgnored(const TrainingRow& row) {
  return std::ranges::count(row.labels, kIgnoredLabel);
}

void ExpectCounts(const TrainingRow& row, const json& expected) {
  const TokenBatch batch = Collate({&row, 1});
  EXPECT_EQ(row.ids.size(), expected["n_ids"].get<size_t>());
  EXPECT_EQ(NumIgnored(row), expected["n_masked"].get<int64_t>());
  EXPECT_EQ(batch.NumTargets(), expected["n_targets"].get<int64_t>());
  Compared(3);
}

TEST(GoldenAlpaca, IdsAndLabelsAreThoseOfTheReference) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachCase([](const AlpacaCase& golden) {
    for (const json& expected : golden.variant("default")) {
      const TrainingRow row = golden.Row(expected, golden.options());
      EXPECT_EQ(row.ids, expected["ids"].get<std::vector<int32_t>>());
      EXPECT_EQ(row.labels, expected["labels"].get<std::vector<int32_t>>());
      ExpectCounts(row, expected);
      Compared(static_cast<int64_t>(row.ids.size() + row.labels.size()));
    }
  });
}

TEST(GoldenAlpaca, TrainingOnInputsIgnoresNothing) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachCase([](const AlpacaCase& golden) {
    InstructionOptions options = golden.options();
    options.train_on_inputs = true;
    for (const json& expected : golden.variant("train_on_inputs")) {
      ExpectCounts(golden.Row(expected, options), expected);
    }
  });
}

TEST(GoldenAlpaca, AddingEosLeavesOnePromptIdAsTarget) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachCase([](const AlpacaCase& golden) {
    InstructionOptions options = golden.options();
    options.add_eos_token = true;
    for (const json& expected : golden.variant("add_eos_token")) {
      ExpectCounts(golden.Row(expected, options), expected);
    }
  });
}

TEST(GoldenAlpaca, NoInstructionPromptsAreThoseOfTheReference) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachCase([](const AlpacaCase& golden) {
    InstructionOptions options = golden.options();
    options.prompt_style = PromptStyle::kNoInstruction;
    for (const json& expected : golden.variant("no_instruction")) {
      const TrainingRow row = golden.Row(expected, options);
      EXPECT_EQ(row.ids, expected["ids"].get<std::vector<int32_t>>());
      ExpectCounts(row, expected);
      Compared(static_cast<int64_t>(row.ids.size()));
    }
  });
}

std::vector<int64_t> Flat(const json& rows) {
  std::vector<int64_t> values;
  for (const json& row : rows) {
    for (const json& value : row) values.push_back(value);
  }
  return values;
}

TEST(GoldenAlpaca, BatchesArePaddedAsTheReferenceCollatesThem) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachCase([](const AlpacaCase& golden) {
    const json& expected = golden.expected()["collated_first4"];
    std::vector<TrainingRow> rows;
    for (size_t i = 0; i < expected["input_ids"].size(); ++i) {
      rows.push_back(
          golden.Row(golden.variant("default")[i], golden.options()));
    }
    const TokenBatch batch = Collate(rows);
    EXPECT_EQ(batch.ids, Flat(expected["input_ids"]));
    EXPECT_EQ(batch.labels, Flat(expected["labels"]));
    EXPECT_EQ(std::vector<int64_t>(batch.attention_mask.begin(),
                                   batch.attention_mask.end()),
              Flat(expected["attention_mask"]));
    Compared(static_cast<int64_t>(3 * batch.ids.size()));
  });
}

}  // namespace
}  // namespace rankadaptor::llama
