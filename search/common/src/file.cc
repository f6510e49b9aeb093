#include "rankadaptor/common/file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>
#include <utility>

#include "search/common/src/disk.h"

namespace rankadaptor {
namespace {

namespace fs = std::filesystem;
using internal::SyncFolderOf;
using internal::TemporaryBeside;

std::string SystemMessage() { return std::strerror(errno); }

}  // namespace

Result<std::string> ReadFile(const fs::path& file, uint64_t max_bytes) {
  std::error_code code;
  if (!fs::is_regular_file(file, code)) {
    return NotFound(file.string() + ": no such file");
  }
  uint64_t size = fs::file_size(file, code);
  if (code) return NotFound(file.string() + ": " + code.message());
  if (size > max_bytes) {
    return InvalidArgument(file.string() + ": has " + std::to_string(size) +
                           " bytes, at most " + std::to_string(max_bytes) +
                           " are read");
  }
  std::ifstream stream(file, std::ios::binary);
  std::string contents(size, '\0');
  stream.read(contents.data(), static_cast<std::streamsize>(size));
  if (!stream) return DataLoss(file.string() + ": could not be read");
  return contents;
}

AtomicFile::AtomicFile(fs::path file, fs::path temporary, int descriptor)
    : file_(std::move(file)),
      temporary_(std::move(temporary)),
      descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : file_(std::move(other.file_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

Result<AtomicFile> AtomicFile::Create(const fs::path& file) {
  fs::path temporary = TemporaryBeside(file);
  int descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return InvalidArgument(file.string() +
                           ": cannot be written: " + SystemMessage());
  }
  return AtomicFile(file, std::move(temporary), descriptor);
}

Status AtomicFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return ResourceExhausted(file_.string() + ": " + SystemMessage());
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status AtomicFile::Commit() {
  if (::fsync(descriptor_) != 0) {
    return ResourceExhausted(file_.string() + ": " + SystemMessage());
  }
  std::error_code code;
  fs::rename(temporary_, file_, code);
  if (code) {
    return InvalidArgument(file_.string() +
                           ": cannot be written: " + code.message());
  }
  ::close(std::exchange(descriptor_, -1));
  return SyncFolderOf(file_);
}

Status WriteFileAtomically(const fs::path& file, std::string_view contents) {
  RA_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
  RA_RETURN_IF_ERROR(out.Append(contents));
  return out.Commit();
}

}  // namespace rankadaptor
