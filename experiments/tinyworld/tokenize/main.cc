// tinyworld_train_tokenizer: writes the small world's tokeniser as files. Exit
// codes: 0 done, 1 failed, 2 bad usage.
#include <filesystem>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"

#include "experiments/tinyworld/tokenize/train_tokenizer.h"

namespace rankadaptor::tinyworld {
namespace {

// What transformers needs beside tokenizer.model.
constexpr std::string_view kTokenizerConfig = R"({
  "add_bos_token": true,
  "add_eos_token": false,
  "bos_token": "<s>",
  "eos_token": "</s>",
  "legacy": false,
  "model_max_length": 256,
  "tokenizer_class": "LlamaTokenizer",
  "unk_token": "<unk>"
}
)";

Status Run(const std::filesystem::path& text,
           const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Unavailable(folder.string() + ": " + error.message());
  RA_ASSIGN_OR_RETURN(const std::string documents, ReadFile(text));
  RA_ASSIGN_OR_RETURN(const std::string model, TrainTokenizer(documents));
  RA_RETURN_IF_ERROR(WriteFileAtomically(folder / "tokenizer.model", model));
  return WriteFileAtomically(folder / "tokenizer_config.json",
                             kTokenizerConfig);
}

int Main(int argc, char** argv) {
  CLI::App app("Trains the tokeniser of the small world.");
  std::string text;
  std::string folder;
  app.add_option("--text", text, "One document a line")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--out", folder, "Folder that is written to")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (const Status done = Run(text, folder); !done) {
    std::cerr << done.error().message << "\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace rankadaptor::tinyworld

int main(int argc, char** argv) {
  return rankadaptor::tinyworld::Main(argc, argv);
}
