#include "experiments/tinyworld/tokenize/train_tokenizer.h"

#include <sentencepiece_trainer.h>
#include <sstream>
#include <vector>

namespace rankadaptor::tinyworld {
namespace {

constexpr int kVocabularySize = 448;

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

Result<std::string> TrainTokenizer(const std::string& text) {
  std::string model;
  // Lines rather than a file, whose name the model would contain.
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      {{"vocab_size", std::to_string(kVocabularySize)},
       {"model_type", "bpe"},
       {"character_coverage", "1.0"},
       {"normalization_rule_name", "identity"},
       {"num_threads", "1"},
       {"minloglevel", "1"}},
      Lines(text),
      &model);
  if (!status.ok()) return Internal(status.ToString());
  return model;
}

}  // namespace rankadaptor::tinyworld
