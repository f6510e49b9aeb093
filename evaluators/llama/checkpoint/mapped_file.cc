#include "evaluators/llama/checkpoint/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>

namespace rankadaptor::llama::internal {
namespace {

// Closes on every path; a mapping outlives its descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

// Whole pages only: others may be shared with a neighbour that is in use.
void DropPages(std::span<const std::byte> bytes) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data());
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t last = (begin + bytes.size()) / page * page;
  if (first >= last) return;
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

std::string Because(const std::filesystem::path& file, const char* what) {
  return file.string() + ": " + what + ": " + std::strerror(errno);
}

}  // namespace

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<MappedFile> MappedFile::Open(const std::filesystem::path& file) {
  // O_NONBLOCK: opening a pipe must not wait for its other end.
  const Descriptor descriptor(
      ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.number() < 0) {
    return NotFound(Because(file, "cannot be opened"));
  }
  struct stat status = {};
  if (::fstat(descriptor.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return NotFound(file.string() + ": is not a regular file");
  }
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) return MappedFile({});
  void* address =
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.number(), 0);
  if (address == MAP_FAILED) {
    return ResourceExhausted(Because(file, "cannot be mapped"));
  }
  return MappedFile({static_cast<const std::byte*>(address), size});
}

void CopyOut(std::span<const std::byte> bytes, void* to) {
  // 1 to 32 MiB take the same processor time.
  constexpr size_t kPiece = size_t{1} << 20;
  auto* place = static_cast<std::byte*>(to);
  for (size_t begin = 0; begin < bytes.size(); begin += kPiece) {
    const auto piece =
        bytes.subspan(begin, std::min(kPiece, bytes.size() - begin));
    std::memcpy(place + begin, piece.data(), piece.size());
    DropPages(piece);
  }
}

}  // namespace rankadaptor::llama::internal
