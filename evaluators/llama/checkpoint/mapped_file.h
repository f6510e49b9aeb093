// A file mapped into memory for reading.
#ifndef RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_MAPPED_FILE_H_
#define RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_MAPPED_FILE_H_

#include <cstddef>
#include <filesystem>
#include <span>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

// Thread-safe after Open(). The file must not be shortened while it is mapped.
class MappedFile {
 public:
  // kNotFound if there is no such regular file or it cannot be opened,
  // kResourceExhausted if there is no room in the address space.
  static Result<MappedFile> Open(const std::filesystem::path& file);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Valid as long as this, also after a move.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;  // no mapping if empty
};

// Copies these bytes of a mapped file to `to`. The memory that they take in the
// mapping is given back piece by piece, so that there is never more than one
// copy and a piece; who looks at them again reads them from the file again.
void CopyOut(std::span<const std::byte> bytes, void* to);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_MAPPED_FILE_H_
