#include "rankadaptor/llama/tokenizer.h"

#include <utility>

#include "rankadaptor/common/file.h"

#include "evaluators/llama/checkpoint/tokenizer/encoding.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;

// tokenizer.model wins: what Hugging Face's conversion makes of it differs.
// Llama 3's own files have one that is not SentencePiece's.
Result<std::unique_ptr<internal::Encoding>> LoadEncoding(
    const fs::path& folder) {
  const fs::path model = folder / "tokenizer.model";
  const fs::path json = folder / "tokenizer.json";
  std::error_code code;
  if (fs::exists(model, code)) {
    auto loaded = internal::LoadSentencePiece(model);
    if (loaded || !fs::exists(json, code)) return loaded;
    Error error = std::move(loaded).error();
    error.message += "; without it, tokenizer.json is read";
    return tl::unexpected(std::move(error));
  }
  if (fs::exists(json, code)) return internal::LoadByteLevelBpe(json);
  return NotFound(folder.string() +
                  ": has neither tokenizer.model nor tokenizer.json");
}

}  // namespace

struct Tokenizer::Impl {
  std::unique_ptr<internal::Encoding> encoding;
};

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::Load(const fs::path& folder) {
  auto impl = std::make_unique<Impl>();
  RA_ASSIGN_OR_RETURN(impl->encoding, LoadEncoding(folder));
  return Tokenizer(std::move(impl));
}

Result<std::vector<int32_t>> Tokenizer::Encode(std::string_view text) const {
  return impl_->encoding->Encode(text);
}

Result<std::string> Tokenizer::Decode(const std::vector<int32_t>& ids) const {
  for (int32_t id : ids) {
    if (id >= 0 && id < vocab_size()) continue;
    return InvalidArgument("token id " + std::to_string(id) +
                           " is not from 0 to " +
                           std::to_string(vocab_size() - 1));
  }
  return impl_->encoding->Decode(ids);
}

std::string Tokenizer::Piece(int32_t id) const {
  if (id < 0 || id >= vocab_size()) return "";
  return impl_->encoding->Piece(id);
}

int32_t Tokenizer::vocab_size() const { return impl_->encoding->vocab_size(); }
int32_t Tokenizer::bos_id() const { return impl_->encoding->bos_id(); }
int32_t Tokenizer::eos_id() const { return impl_->encoding->eos_id(); }
int32_t Tokenizer::unk_id() const { return impl_->encoding->unk_id(); }

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
                           "chat_template.jinja",
                           "chat_template.json",
                           "generation_config.json"}) {
    std::error_code code;
    if (!fs::is_regular_file(from / name, code)) continue;
    RA_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(from / name));
    RA_RETURN_IF_ERROR(WriteFileAtomically(to / name, bytes));
  }
  return {};
}

}  // namespace rankadaptor::llama
