// Any bytes as tokenizer.json: refused with a sentence, or a tokenizer that
// encodes every text and gives ids that it can decode.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

#include "rankadaptor/common/check.h"
#include "rankadaptor/llama/tokenizer.h"

namespace {

namespace fs = std::filesystem;
using rankadaptor::llama::Tokenizer;

// One folder for the run.
const fs::path& Folder() {
  static const auto* folder = [] {
    auto* path = new fs::path(fs::temp_directory_path() /
                              ("fuzz_tokenizer." + std::to_string(getpid())));
    fs::create_directories(*path);
    std::atexit([] { fs::remove_all(Folder()); });
    return path;
  }();
  return *folder;
}

void CheckAccepted(const Tokenizer& tokenizer) {
  for (std::string_view text : {"", "ab a\xc3\xa9 <|b|>ab", "\xff\xfe b\n a"}) {
    const auto ids = tokenizer.Encode(text);
    // A regular expression may fail on a text, in a sentence.
    if (!ids) continue;
    RA_CHECK(tokenizer.Decode(*ids).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fs::path file = Folder() / "tokenizer.json";
  std::ofstream(file, std::ios::binary) << text;
  const auto tokenizer = Tokenizer::Load(Folder());
  if (tokenizer) {
    CheckAccepted(*tokenizer);
  } else {
    RA_CHECK(!tokenizer.error().message.empty());
    RA_CHECK(tokenizer.error().message.size() < 2000);
  }
  return 0;
}
