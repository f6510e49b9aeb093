#include "runners/llama/preview_file.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::TemporaryFolder;

class PreviewFileTest : public ::testing::Test {
 protected:
  PreviewFileTest() {
    preview_.sources = {{"nested", {{{0, 1}}, {{1, 0}}}, {-1.0 / 3, 0.1}}};
    preview_.seconds = 2.5;
    EXPECT_TRUE(WritePreview(file_, "key", space_, preview_));
  }

  const SearchSpace space_ =
      SearchSpace::Create({{"layer 0", {2, 4}}, {"layer 1", {2, 4}}}).value();
  TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "artifacts/nested.json";
  Preview preview_;
};

TEST_F(PreviewFileTest, KeepsEveryBit) {
  const auto read = ReadPreview(file_, "key", space_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->seconds, 2.5);
  ASSERT_EQ(read->sources.size(), 1U);
  EXPECT_EQ(read->sources[0].name, "nested");
  EXPECT_EQ(read->sources[0].configurations,
            preview_.sources[0].configurations);
  EXPECT_EQ(read->sources[0].values, preview_.sources[0].values);
}

TEST_F(PreviewFileTest, AnotherStudysIsNotRead) {
  EXPECT_FALSE(ReadPreview(file_, "other", space_));
  EXPECT_FALSE(ReadPreview(folder_ / "none", "key", space_));
}

TEST_F(PreviewFileTest, WhatWasCutOffOrEditedIsNotRead) {
  const std::string text = ReadFile(file_).value();
  ASSERT_TRUE(WriteFileAtomically(file_, text.substr(0, text.size() / 2)));
  EXPECT_FALSE(ReadPreview(file_, "key", space_));
  ASSERT_TRUE(WriteFileAtomically(file_, R"({"key": "key", "seconds": "x"})"));
  EXPECT_FALSE(ReadPreview(file_, "key", space_));
}

TEST_F(PreviewFileTest, TheKeyNamesConfigSpaceAndSeed) {
  v1::LlamaEvaluator config;
  config.set_model("model");
  const std::string key = PreviewKey(config, space_, 1);
  EXPECT_EQ(PreviewKey(config, space_, 1), key);
  EXPECT_NE(PreviewKey(config, space_, 2), key);
  config.mutable_nested_ranks()->set_num_vectors(5);
  EXPECT_NE(PreviewKey(config, space_, 1), key);
  config.clear_nested_ranks();
  config.mutable_adalora();  // changes no trial
  EXPECT_EQ(PreviewKey(config, space_, 1), key);
}

}  // namespace
}  // namespace rankadaptor::runners
