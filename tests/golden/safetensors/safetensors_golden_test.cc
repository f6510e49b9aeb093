// Verdicts of safetensors 0.8.0 on valid, odd and hostile files, and files that
// it wrote.
#include <set>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/safetensors.h"

#include "tests/golden/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::Compared;
using rankadaptor::testing::GoldenDir;
using rankadaptor::testing::ReadJson;

// The reference accepts these although the format forbids them; we do not.
const std::set<std::string>& FilesOnlyTheReferenceAccepts() {
  static const std::set<std::string> files = {
      "duplicate_key.safetensors",
      "entry_array.safetensors",
      "extra_field_in_entry.safetensors",
      "header_begins_with_newline.safetensors",
      "header_begins_with_space.safetensors",
      "header_trailing_newline.safetensors",
      "header_trailing_tab.safetensors",
      "metadata_null.safetensors",
  };
  return files;
}

std::string Hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::byte byte : bytes) {
    text += kDigits[std::to_integer<size_t>(byte >> 4)];
    text += kDigits[std::to_integer<size_t>(byte & std::byte{15})];
  }
  return text;
}

void CompareTensors(const SafetensorsFile& file,
                    const nlohmann::json& verdict) {
  const nlohmann::json& tensors = verdict["tensors"];
  if (!verdict.value("tensors_truncated", false)) {
    EXPECT_EQ(file.tensors().size(), tensors.size());
  }
  for (const auto& expected : tensors) {
    auto found = file.tensors().find(expected["name"].get<std::string>());
    ASSERT_NE(found, file.tensors().end()) << expected["name"];
    EXPECT_EQ(found->second.dtype, expected["dtype"].get<std::string>());
    EXPECT_EQ(found->second.shape,
              expected["shape"].get<std::vector<int64_t>>());
    EXPECT_EQ(Hex(found->second.data), expected["data_hex"].get<std::string>());
    Compared(3);
  }
}

void CompareMetadata(const SafetensorsFile& file,
                     const nlohmann::json& verdict) {
  std::map<std::string, std::string> expected;
  if (verdict["metadata"].is_object()) verdict["metadata"].get_to(expected);
  EXPECT_EQ(file.metadata(), expected);
  Compared(1);
}

void CompareVerdict(const nlohmann::json& verdict) {
  const std::string name = verdict["file"].get<std::string>();
  SCOPED_TRACE(name);
  auto file =
      SafetensorsFile::Open(GoldenDir() / "safetensors" / "files" / name);
  const bool expected = verdict["accepted"].get<bool>() &&
                        !FilesOnlyTheReferenceAccepts().contains(name);
  ASSERT_EQ(file.has_value(), expected)
      << (file ? "is accepted" : file.error().message);
  Compared(1);
  if (file) {
    CompareTensors(*file, verdict);
    CompareMetadata(*file, verdict);
  } else {
    EXPECT_EQ(file.error().code, ErrorCode::kDataLoss);
  }
}

TEST(GoldenSafetensors, VerdictsMatch) {
  RA_SKIP_WITHOUT_GOLDEN();
  const nlohmann::json verdicts =
      ReadJson(GoldenDir() / "safetensors" / "verdicts.json");
  ASSERT_FALSE(verdicts["cases"].empty());
  for (const auto& verdict : verdicts["cases"]) CompareVerdict(verdict);
}

std::vector<fs::path> SafetensorsUnder(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") {
      files.push_back(entry.path());
    }
  }
  return files;
}

// What the reference wrote is read and written again to the same bytes.
void CompareRewritten(const fs::path& path) {
  SCOPED_TRACE(path);
  auto file = SafetensorsFile::Open(path);
  ASSERT_TRUE(file) << file.error().message;
  std::vector<TensorToWrite> tensors;
  for (const auto& [name, view] : file->tensors()) {
    tensors.push_back({name, view.dtype, view.shape, view.data});
  }
  const rankadaptor::testing::TemporaryFolder folder;
  ASSERT_TRUE(WriteSafetensors(
      folder / "rewritten", std::move(tensors), file->metadata()));
  EXPECT_TRUE(ReadFile(folder / "rewritten").value() == ReadFile(path).value());
  Compared(1);
}

TEST(GoldenSafetensors, RewritesAdaptersBitExactly) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const fs::path& path : SafetensorsUnder(GoldenDir() / "recover")) {
    CompareRewritten(path);
  }
}

}  // namespace
}  // namespace rankadaptor::llama
