// tinyworld_generate: writes the files of experiments/tinyworld/data, the same
// bytes every time, or the text for pretraining. Exit codes: 0 done, 1 could
// not write, 2 bad usage.
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"

#include "experiments/tinyworld/generate/data_files.h"

namespace rankadaptor::tinyworld {
namespace {

Status WriteFiles(const std::filesystem::path& folder,
                  const std::map<std::string, std::string>& files) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Unavailable(folder.string() + ": " + error.message());
  }
  for (const auto& [name, contents] : files) {
    RA_RETURN_IF_ERROR(WriteFileAtomically(folder / name, contents));
  }
  return {};
}

int Main(int argc, char** argv) {
  CLI::App app("Makes the text and the questions of the small world.");
  std::string folder;
  int64_t pretraining_bytes = 0;
  app.add_option("--out", folder, "Folder that is written to")->required();
  app.add_option("--pretraining-bytes",
                 pretraining_bytes,
                 "Write pretrain.txt of this size instead of the data")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 32));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const Status written =
      pretraining_bytes > 0
          ? WriteFiles(
                folder,
                {{"pretrain.txt", MakePretrainingText(pretraining_bytes)}})
          : WriteFiles(folder, MakeDataFiles());
  if (!written) {
    std::cerr << written.error().message << "\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace rankadaptor::tinyworld

int main(int argc, char** argv) {
  return rankadaptor::tinyworld::Main(argc, argv);
}
