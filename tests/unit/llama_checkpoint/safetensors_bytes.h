// Safetensors files written by hand.
#ifndef RANKADAPTOR_TESTS_UNIT_LLAMA_CHECKPOINT_SAFETENSORS_BYTES_H_
#define RANKADAPTOR_TESTS_UNIT_LLAMA_CHECKPOINT_SAFETENSORS_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rankadaptor::llama {

inline std::string LittleEndian64(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// Length, header and `num_data_bytes` bytes of data.
inline std::string SafetensorsBytes(std::string_view header,
                                    size_t num_data_bytes) {
  return LittleEndian64(header.size()) + std::string(header) +
         std::string(num_data_bytes, 'x');
}

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_TESTS_UNIT_LLAMA_CHECKPOINT_SAFETENSORS_BYTES_H_
