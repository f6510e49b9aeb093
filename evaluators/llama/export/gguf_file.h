// Writes the GGUF container (version 3): typed fields, then tensors. Knows
// nothing of models.
#ifndef RANKADAPTOR_LLAMA_EXPORT_GGUF_FILE_H_
#define RANKADAPTOR_LLAMA_EXPORT_GGUF_FILE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/safetensors.h"

namespace rankadaptor::llama::internal {

using GgufValue = std::variant<uint32_t,
                               int32_t,
                               float,
                               bool,
                               std::string,
                               std::vector<uint32_t>,
                               std::vector<int32_t>,
                               std::vector<float>,
                               std::vector<std::string>>;

struct GgufField {
  std::string key;
  GgufValue value;
};

// Types of tensors by the format's numbers.
enum class GgufType : uint32_t { kF32 = 0, kF16 = 1, kBF16 = 30 };

struct GgufTensor {
  std::string name;
  GgufType type = GgufType::kF32;
  std::vector<int64_t> shape;  // row-major, as everywhere here
};

// Writes `file` atomically, one tensor in memory at a time, in the given order.
// Errors as StreamSafetensors(); an error of `bytes_of` leaves no file.
Status WriteGgufFile(const std::filesystem::path& file,
                     const std::vector<GgufField>& fields,
                     const std::vector<GgufTensor>& tensors,
                     const TensorBytes& bytes_of);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_EXPORT_GGUF_FILE_H_
