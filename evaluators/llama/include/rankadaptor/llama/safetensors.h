// Reading and writing .safetensors files (spec 9). The reader maps the file and
// hands out views, after every check of spec 9.2; it is stricter than the
// reference reader where that one accepts what the format forbids (duplicate
// keys, unknown fields, entries that are arrays, null metadata, a header that
// does not begin with '{' or ends in anything but spaces).
#ifndef RANKADAPTOR_LLAMA_SAFETENSORS_H_
#define RANKADAPTOR_LLAMA_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama {

// A tensor inside a mapped file. `data` is little-endian, row-major, valid as
// long as the SafetensorsFile it came from, and aligned to nothing: the format
// allows a header of any length. It has the size that shape and dtype say.
struct TensorView {
  std::string dtype;           // as in the file: "F32", "BF16", ...
  std::vector<int64_t> shape;  // empty for a scalar
  std::span<const std::byte> data;
};

// An open file. Thread-safe after Open(). Shortening the file while it is open
// kills the process; replacing it by a rename does no harm.
class SafetensorsFile {
 public:
  // kNotFound, or kDataLoss with the file and the check that failed.
  static Result<SafetensorsFile> Open(const std::filesystem::path& file);

  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;
  ~SafetensorsFile();

  // Ordered by name.
  const std::map<std::string, TensorView>& tensors() const;
  const std::map<std::string, std::string>& metadata() const;

 private:
  struct Mapping;
  explicit SafetensorsFile(std::unique_ptr<Mapping> mapping);
  std::unique_ptr<Mapping> mapping_;
};

// A tensor to write; the bytes are borrowed for the call.
struct TensorToWrite {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;
};

// Writes the canonical form (spec 9.5) atomically and without a second copy of
// the data: byte for byte what the reference writer makes of the same tensors.
// Pass {{"format", "pt"}} for Hugging Face's readers. kInvalidArgument for what
// Open() would refuse (repeated names, sizes that do not fit the shape, unknown
// dtypes, names that are not UTF-8), kResourceExhausted if the disk is full.
Status WriteSafetensors(const std::filesystem::path& file,
                        std::vector<TensorToWrite> tensors,
                        const std::map<std::string, std::string>& metadata);

// A tensor to write whose bytes are made when it is its turn.
struct TensorLayout {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
};

// The bytes of the tensor of this name; valid until the next call.
using TensorBytes =
    std::function<Result<std::span<const std::byte>>(const std::string& name)>;

// The same file with one tensor in memory at a time: `bytes_of` is called once
// for each, in the order of the file. An error of it is returned and leaves no
// file.
Status StreamSafetensors(const std::filesystem::path& file,
                         std::vector<TensorLayout> tensors,
                         const TensorBytes& bytes_of,
                         const std::map<std::string, std::string>& metadata);

// The tensors of a Hugging Face folder: model.safetensors, or the shards that
// model.safetensors.index.json names. Keeps the files mapped.
// Thread-safe after Open().
class CheckpointFiles {
 public:
  // model.safetensors wins over an index, as it does in transformers. Every
  // tensor of the index must be in the shard it is said to be in and in no
  // other, and a shard may hold nothing else; shard names have no path
  // separators. kNotFound for a missing file, kDataLoss for a damaged one,
  // kInvalidArgument for a folder that holds only pickles (*.bin, *.pt, *.pth),
  // with how to convert them.
  static Result<CheckpointFiles> Open(const std::filesystem::path& folder);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }

 private:
  std::vector<SafetensorsFile> files_;
  std::map<std::string, TensorView> tensors_;
};

// What to say of a folder whose weights are pickles: "convert it once with:
// python3 ... FOLDER FOLDER-safetensors".
std::string ConversionCommand(const std::filesystem::path& folder);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_SAFETENSORS_H_
