#include <algorithm>
#include <cmath>
#include <exception>
#include <sentencepiece_processor.h>

#include "rankadaptor/common/file.h"

#include "evaluators/llama/export/gguf_vocabulary.h"

namespace rankadaptor::llama::internal {
namespace {

namespace fs = std::filesystem;
using sentencepiece::SentencePieceProcessor;

constexpr const char* kSpace = "\xe2\x96\x81";  // U+2581

TokenType TypeOf(const SentencePieceProcessor& processor, int id) {
  if (processor.IsUnknown(id)) return TokenType::kUnknown;
  if (processor.IsControl(id)) return TokenType::kControl;
  if (processor.IsByte(id)) return TokenType::kByte;
  if (processor.IsUnused(id)) return TokenType::kUnused;
  return TokenType::kNormal;
}

GgufVocabulary VocabularyOf(const SentencePieceProcessor& processor) {
  GgufVocabulary vocabulary;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    vocabulary.tokens.push_back(processor.IdToPiece(id));
    vocabulary.scores.push_back(processor.GetScore(id));
    vocabulary.types.push_back(static_cast<int32_t>(TypeOf(processor, id)));
  }
  vocabulary.model = "llama";
  vocabulary.pre = "default";
  // The normaliser's settings as they show.
  vocabulary.adds_space_prefix = processor.Normalize("a").starts_with(kSpace);
  vocabulary.removes_extra_spaces =
      processor.Normalize("a  a") == processor.Normalize("a a");
  return vocabulary;
}

// BPE pieces are scored by the order in which they were made, Unigram pieces by
// log-probabilities.
bool IsBpe(const GgufVocabulary& vocabulary) {
  return std::ranges::all_of(vocabulary.scores, [](float score) {
    return score == std::round(score);
  });
}

}  // namespace

Result<GgufVocabulary> ReadSentencePieceVocabulary(const fs::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  try {
    SentencePieceProcessor processor;
    const auto status = processor.LoadFromSerializedProto(bytes);
    if (!status.ok()) return DataLoss(file.string() + ": " + status.message());
    GgufVocabulary vocabulary = VocabularyOf(processor);
    if (IsBpe(vocabulary)) return vocabulary;
    return InvalidArgument(file.string() +
                           ": is not a BPE model, the only kind that llama.cpp "
                           "splits by");
  } catch (const std::exception& error) {
    return DataLoss(file.string() + ": " + error.what());
  }
}

}  // namespace rankadaptor::llama::internal
