#include "evaluators/llama/export/sentencepiece_vocabulary.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <sentencepiece_processor.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::llama::internal {
namespace {

namespace fs = std::filesystem;
using sentencepiece::SentencePieceProcessor;

constexpr const char* kSpace = "\xe2\x96\x81";  // U+2581

PieceType TypeOf(const SentencePieceProcessor& processor, int id) {
  if (processor.IsUnknown(id)) return PieceType::kUnknown;
  if (processor.IsControl(id)) return PieceType::kControl;
  if (processor.IsByte(id)) return PieceType::kByte;
  if (processor.IsUnused(id)) return PieceType::kUnused;
  return PieceType::kNormal;
}

SentencePieceVocabulary VocabularyOf(const SentencePieceProcessor& processor) {
  SentencePieceVocabulary vocabulary;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    vocabulary.pieces.push_back(processor.IdToPiece(id));
    vocabulary.scores.push_back(processor.GetScore(id));
    vocabulary.types.push_back(static_cast<int32_t>(TypeOf(processor, id)));
  }
  vocabulary.bos_id = processor.bos_id();
  vocabulary.eos_id = processor.eos_id();
  vocabulary.unk_id = processor.unk_id();
  // The normaliser's settings as they show.
  vocabulary.adds_space_prefix = processor.Normalize("a").starts_with(kSpace);
  vocabulary.removes_extra_spaces =
      processor.Normalize("a  a") == processor.Normalize("a a");
  return vocabulary;
}

// BPE pieces are scored by the order in which they were made, Unigram pieces by
// log-probabilities.
bool IsBpe(const SentencePieceVocabulary& vocabulary) {
  return std::ranges::all_of(vocabulary.scores, [](float score) {
    return score == std::round(score);
  });
}

}  // namespace

Result<SentencePieceVocabulary> ReadSentencePieceVocabulary(
    const fs::path& folder) {
  // Says what is missing or damaged.
  RA_RETURN_IF_ERROR(Tokenizer::Load(folder));
  const fs::path file = folder / "tokenizer.model";
  RA_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  try {
    SentencePieceProcessor processor;
    const auto status = processor.LoadFromSerializedProto(bytes);
    if (!status.ok()) return DataLoss(file.string() + ": " + status.message());
    SentencePieceVocabulary vocabulary = VocabularyOf(processor);
    if (IsBpe(vocabulary)) return vocabulary;
    return InvalidArgument(file.string() +
                           ": is not a BPE model, the only kind that llama.cpp "
                           "splits by");
  } catch (const std::exception& error) {
    return DataLoss(file.string() + ": " + error.what());
  }
}

Status FillUp(SentencePieceVocabulary& vocabulary, int64_t size) {
  const auto present = static_cast<int64_t>(vocabulary.pieces.size());
  if (present > size) {
    return InvalidArgument("the tokenizer has " + std::to_string(present) +
                           " pieces, the model's vocab_size is only " +
                           std::to_string(size));
  }
  for (int64_t id = present; id < size; ++id) {
    vocabulary.pieces.push_back("[UNUSED" + std::to_string(id) + "]");
    vocabulary.scores.push_back(-1000);
    vocabulary.types.push_back(static_cast<int32_t>(PieceType::kUnused));
  }
  return {};
}

}  // namespace rankadaptor::llama::internal
