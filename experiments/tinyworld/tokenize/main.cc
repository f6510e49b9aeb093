// tinyworld_train_tokenizer: trains the small world's SentencePiece tokeniser.
// Byte-pair merges with room for every word of the world as one piece, so that
// stories stay short. Exit codes: 0 done, 1 failed, 2 bad usage.
#include <filesystem>
#include <iostream>
#include <sentencepiece_trainer.h>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"

namespace rankadaptor::tinyworld {
namespace {

constexpr int kVocabularySize = 448;

// What transformers needs beside tokenizer.model.
constexpr std::string_view kTokenizerConfig = R"({
  "add_bos_token": true,
  "add_eos_token": false,
  "bos_token": "<s>",
  "eos_token": "</s>",
  "legacy": false,
  "model_max_length": 128,
  "tokenizer_class": "LlamaTokenizer",
  "unk_token": "<unk>"
}
)";

// Lines are given, not a file name, which the model would contain.
Result<std::string> TrainTokenizer(const std::vector<std::string>& lines) {
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      {{"vocab_size", std::to_string(kVocabularySize)},
       {"model_type", "bpe"},
       {"character_coverage", "1.0"},
       {"normalization_rule_name", "identity"},
       {"num_threads", "1"},
       {"minloglevel", "1"}},
      lines,
      &model);
  if (!status.ok()) return Internal(status.ToString());
  return model;
}

Result<std::vector<std::string>> ReadLines(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Status Run(const std::filesystem::path& text,
           const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Unavailable(folder.string() + ": " + error.message());
  RA_ASSIGN_OR_RETURN(const auto lines, ReadLines(text));
  RA_ASSIGN_OR_RETURN(const std::string model, TrainTokenizer(lines));
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
