// The header of a .safetensors file: what may stand in it, read and checked
// without trusting a byte of it (spec 9.1 to 9.5).
#ifndef RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_SAFETENSORS_HEADER_H_
#define RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

inline constexpr std::string_view kMetadataName = "__metadata__";
// The reference's limit on the length of the header.
inline constexpr uint64_t kMaxHeaderBytes = 100'000'000;
// Ours, far above any real model.
inline constexpr size_t kMaxTensors = 1'000'000;
inline constexpr size_t kMaxNameBytes = 65'536;

// A number format of the file format.
struct SafetensorsDtype {
  std::string_view name;
  uint64_t bits = 0;
  // Files list tensors of a higher order first.
  int order = 0;
};

// Null if the format does not know `name`.
const SafetensorsDtype* FindSafetensorsDtype(std::string_view name);

// Bytes of a tensor of this shape. Nothing if an element count or bit count
// overflows 64 bits, a dimension is negative or the bits do not fill a byte.
std::optional<uint64_t> TensorBytes(const SafetensorsDtype& dtype,
                                    std::span<const int64_t> shape);

// [begin, end) counts from the start of the data.
struct TensorEntry {
  std::string dtype;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct SafetensorsHeader {
  uint64_t data_start = 0;  // from the start of the file
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
};

// Reads the header of a whole file in memory and checks it against the file's
// size: afterwards every entry lies inside `file` and has the size that its
// shape says. kDataLoss with the check that failed. Thread-safe.
Result<SafetensorsHeader> ReadSafetensorsHeader(
    std::span<const std::byte> file);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_SAFETENSORS_HEADER_H_
