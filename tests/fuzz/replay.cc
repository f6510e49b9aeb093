// Runs a fuzz target on every file of a corpus folder and on systematic
// mutations of each: all truncations, flipped bits and replaced bytes from a
// fixed random stream. Ends with 0 if the target survives, else the target
// aborts; the same run every time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/random_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;
using rankadaptor::RandomStream;

constexpr int kMutationsPerFile = 500;

void Run(const std::string& bytes) {
  // A copy of its own size, so that a sanitizer sees a read past its end.
  const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void RunTruncations(const std::string& bytes) {
  for (size_t length = 0; length < bytes.size(); ++length) {
    Run(bytes.substr(0, length));
  }
}

size_t RandomPlace(const std::string& bytes, RandomStream& stream) {
  return static_cast<size_t>(
      stream.UniformInt(0, static_cast<int64_t>(bytes.size()) - 1));
}

void RunBitFlips(const std::string& bytes, RandomStream& stream) {
  for (int i = 0; i < kMutationsPerFile; ++i) {
    std::string mutated = bytes;
    for (int64_t flips = stream.UniformInt(1, 4); flips > 0; --flips) {
      char& byte = mutated[RandomPlace(mutated, stream)];
      byte = static_cast<char>(byte ^ (1 << stream.UniformInt(0, 7)));
    }
    Run(mutated);
  }
}

// Bytes that mean something to a JSON parser find more than random ones.
void RunReplacements(const std::string& bytes, RandomStream& stream) {
  using std::string_view_literals::operator""sv;
  constexpr std::string_view kBytes = "{}[]\",:0129-.eE \\\n\0\x7f\xff"sv;
  for (int i = 0; i < kMutationsPerFile; ++i) {
    std::string mutated = bytes;
    for (int64_t count = stream.UniformInt(1, 3); count > 0; --count) {
      mutated[RandomPlace(mutated, stream)] = kBytes[static_cast<size_t>(
          stream.UniformInt(0, static_cast<int64_t>(kBytes.size()) - 1))];
    }
    Run(mutated);
  }
}

void RunFile(const fs::path& file) {
  const auto bytes = rankadaptor::ReadFile(file);
  if (!bytes) return;
  Run(*bytes);
  if (bytes->empty()) return;
  RandomStream stream(1, "fuzz replay " + file.filename().string());
  RunTruncations(*bytes);
  RunBitFlips(*bytes, stream);
  RunReplacements(*bytes, stream);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : fs::directory_iterator(argv[i])) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) RunFile(file);
  std::printf("%zu corpus files and their mutations survived\n", files.size());
  return files.empty() ? 1 : 0;
}
