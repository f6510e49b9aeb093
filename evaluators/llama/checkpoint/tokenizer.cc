#include "rankadaptor/llama/tokenizer.h"

#include <exception>
#include <sentencepiece_processor.h>
#include <utility>

#include "rankadaptor/common/file.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;

Status CheckPresent(const fs::path& folder, const fs::path& file) {
  std::error_code code;
  if (fs::exists(file, code)) return {};
  std::string message = file.string() + ": no such file";
  if (fs::exists(folder / "tokenizer.json", code)) {
    message +=
        "; the tokenizer.json beside it is not supported, copy the "
        "SentencePiece tokenizer.model of the original model here";
  }
  return NotFound(std::move(message));
}

// SentencePiece writes to stderr what it also returns as a status.
void SilenceSentencePiece() {
  constexpr int kOnlyFatal = 3;
  sentencepiece::SetMinLogLevel(kOnlyFatal);
}

}  // namespace

struct Tokenizer::Impl {
  sentencepiece::SentencePieceProcessor processor;
};

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::Load(const fs::path& folder) {
  constexpr uint64_t kMaxBytes = uint64_t{256} << 20;
  const fs::path file = folder / "tokenizer.model";
  RA_RETURN_IF_ERROR(CheckPresent(folder, file));
  RA_ASSIGN_OR_RETURN(std::string bytes, ReadFile(file, kMaxBytes));
  SilenceSentencePiece();
  auto impl = std::make_unique<Impl>();
  try {
    const auto status = impl->processor.LoadFromSerializedProto(bytes);
    if (!status.ok()) {
      return DataLoss(file.string() +
                      ": is not a SentencePiece model: " + status.message());
    }
    if (impl->processor.GetPieceSize() <= 0) {
      return DataLoss(file.string() + ": has an empty vocabulary");
    }
  } catch (const std::exception& error) {
    return DataLoss(file.string() +
                    ": is not a SentencePiece model: " + error.what());
  }
  return Tokenizer(std::move(impl));
}

Result<std::vector<int32_t>> Tokenizer::Encode(std::string_view text) const {
  std::vector<int> ids;
  try {
    const auto status = impl_->processor.Encode(text, &ids);
    if (status.ok()) return ids;
    return Internal(std::string("SentencePiece: ") + status.message());
  } catch (const std::exception& error) {
    return Internal(std::string("SentencePiece: ") + error.what());
  }
}

Result<std::string> Tokenizer::Decode(const std::vector<int32_t>& ids) const {
  for (int32_t id : ids) {
    if (id >= 0 && id < vocab_size()) continue;
    return InvalidArgument("token id " + std::to_string(id) +
                           " is not from 0 to " +
                           std::to_string(vocab_size() - 1));
  }
  std::string text;
  try {
    const auto status = impl_->processor.Decode(ids, &text);
    if (status.ok()) return text;
    return Internal(std::string("SentencePiece: ") + status.message());
  } catch (const std::exception& error) {
    return Internal(std::string("SentencePiece: ") + error.what());
  }
}

std::string Tokenizer::Piece(int32_t id) const {
  if (id < 0 || id >= vocab_size()) return "";
  return impl_->processor.IdToPiece(id);
}

int32_t Tokenizer::vocab_size() const {
  return impl_->processor.GetPieceSize();
}
int32_t Tokenizer::bos_id() const { return impl_->processor.bos_id(); }
int32_t Tokenizer::eos_id() const { return impl_->processor.eos_id(); }
int32_t Tokenizer::unk_id() const { return impl_->processor.unk_id(); }

Status CheckVocabulary(const Tokenizer& tokenizer, const LlamaConfig& config) {
  if (tokenizer.vocab_size() <= config.vocab_size) return {};
  return InvalidArgument(
      "the tokenizer has " + std::to_string(tokenizer.vocab_size()) +
      " pieces, the model's vocab_size is only " +
      std::to_string(config.vocab_size) + ": they do not belong together");
}

Status CopyTokenizerFiles(const fs::path& from, const fs::path& to) {
  for (const char* name : {"tokenizer.model",
                           "tokenizer.json",
                           "tokenizer_config.json",
                           "special_tokens_map.json",
                           "added_tokens.json",
                           "vocab.json",
                           "merges.txt",
                           "chat_template.jinja"}) {
    std::error_code ignored;
    if (!fs::is_regular_file(from / name, ignored)) continue;
    RA_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(from / name));
    RA_RETURN_IF_ERROR(WriteFileAtomically(to / name, bytes));
  }
  return {};
}

}  // namespace rankadaptor::llama
