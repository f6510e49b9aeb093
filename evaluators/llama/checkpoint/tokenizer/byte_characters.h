// Byte-level BPE writes each byte as one printable character: those that are
// printable in Latin-1 stand for themselves, the others for U+0100 and on.
// Thread-safe.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_BYTE_CHARACTERS_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_BYTE_CHARACTERS_H_

#include <optional>
#include <string>
#include <string_view>

namespace rankadaptor::llama::internal {

// The bytes that a token in that writing stands for; nothing if one of its
// characters stands for no byte. `token` must be UTF-8.
std::optional<std::string> BytesOfToken(std::string_view token);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_TOKENIZER_BYTE_CHARACTERS_H_
