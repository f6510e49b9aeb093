#include <exception>
#include <sentencepiece_processor.h>

#include "rankadaptor/common/file.h"

#include "evaluators/llama/checkpoint/tokenizer/encoding.h"

namespace rankadaptor::llama::internal {
namespace {

// SentencePiece writes to stderr what it also returns as a status.
void SilenceSentencePiece() {
  constexpr int kOnlyFatal = 3;
  sentencepiece::SetMinLogLevel(kOnlyFatal);
}

// Calls `body`, which returns SentencePiece's status.
template <typename Body>
Status Call(Body&& body) {
  try {
    const auto status = body();
    if (status.ok()) return {};
    return Internal(std::string("SentencePiece: ") + status.message());
  } catch (const std::exception& error) {
    return Internal(std::string("SentencePiece: ") + error.what());
  }
}

class SentencePiece : public Encoding {
 public:
  Status Load(std::string_view bytes) {
    SilenceSentencePiece();
    return Call([&] { return processor_.LoadFromSerializedProto(bytes); });
  }

  Result<std::vector<int32_t>> Encode(std::string_view text) const override {
    std::vector<int> ids;
    RA_RETURN_IF_ERROR(Call([&] { return processor_.Encode(text, &ids); }));
    return ids;
  }
  Result<std::string> Decode(const std::vector<int32_t>& ids) const override {
    std::string text;
    RA_RETURN_IF_ERROR(Call([&] { return processor_.Decode(ids, &text); }));
    return text;
  }
  std::string Piece(int32_t id) const override {
    return processor_.IdToPiece(id);
  }
  int32_t vocab_size() const override { return processor_.GetPieceSize(); }
  int32_t bos_id() const override { return processor_.bos_id(); }
  int32_t eos_id() const override { return processor_.eos_id(); }
  int32_t unk_id() const override { return processor_.unk_id(); }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

Result<std::unique_ptr<Encoding>> LoadSentencePiece(
    const std::filesystem::path& file) {
  constexpr uint64_t kMaxBytes = uint64_t{256} << 20;
  RA_ASSIGN_OR_RETURN(std::string bytes, ReadFile(file, kMaxBytes));
  auto encoding = std::make_unique<SentencePiece>();
  const Status loaded = encoding->Load(bytes);
  if (!loaded) {
    return DataLoss(file.string() + ": is not a SentencePiece model (" +
                    loaded.error().message + ")");
  }
  if (encoding->vocab_size() <= 0) {
    return DataLoss(file.string() + ": has an empty vocabulary");
  }
  return encoding;
}

}  // namespace rankadaptor::llama::internal
