#include "rankadaptor/common/file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace rankadaptor {
namespace {

namespace fs = std::filesystem;

std::string SystemMessage() { return std::strerror(errno); }

fs::path TemporaryBeside(const fs::path& target) {
  fs::path name = target.filename();
  name += ".partial-" + std::to_string(::getpid());
  return target.parent_path() / name;
}

// Puts a file's bytes, or a folder's entries, on disk.
Status Sync(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return DataLoss(path.string() + ": cannot be opened: " + SystemMessage());
  }
  const bool synced = ::fsync(descriptor) == 0;
  const std::string message = SystemMessage();
  ::close(descriptor);
  if (synced) return {};
  return ResourceExhausted(path.string() + ": " + message);
}

// A rename is on disk when the folder is.
Status SyncFolderOf(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return Sync(folder.empty() ? "." : folder);
}

Status SyncTree(const fs::path& folder) {
  std::error_code code;
  for (fs::recursive_directory_iterator i(folder, code), end; !code && i != end;
       i.increment(code)) {
    RA_RETURN_IF_ERROR(Sync(i->path()));
  }
  if (code) return DataLoss(folder.string() + ": " + code.message());
  return Sync(folder);
}

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

OutputFolder::OutputFolder(fs::path final_path, fs::path temporary)
    : final_(std::move(final_path)), temporary_(std::move(temporary)) {}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : final_(std::move(other.final_)),
      temporary_(std::exchange(other.temporary_, fs::path())) {}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

Result<OutputFolder> OutputFolder::Create(fs::path final_path) {
  std::error_code code;
  final_path = fs::absolute(final_path, code).lexically_normal();
  if (!final_path.has_filename()) final_path = final_path.parent_path();
  if (fs::exists(final_path, code) && !fs::is_empty(final_path, code)) {
    return AlreadyExists(
        final_path.string() +
        ": exists already and is not empty; name a new folder");
  }
  fs::path temporary = TemporaryBeside(final_path);
  fs::remove_all(temporary, code);
  if (!fs::create_directories(temporary, code)) {
    return InvalidArgument(final_path.string() +
                           ": cannot be made: " + code.message());
  }
  return OutputFolder(std::move(final_path), std::move(temporary));
}

Status OutputFolder::Commit() {
  RA_RETURN_IF_ERROR(SyncTree(temporary_));
  std::error_code code;
  fs::rename(temporary_, final_, code);  // an empty folder gives way
  if (code) {
    return InvalidArgument(final_.string() +
                           ": cannot be made: " + code.message());
  }
  temporary_.clear();
  return SyncFolderOf(final_);
}

}  // namespace rankadaptor
