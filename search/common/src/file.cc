#include "rankadaptor/common/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace rankadaptor {
namespace {

namespace fs = std::filesystem;

std::string SystemMessage() { return std::strerror(errno); }

// write(2) until everything is out, then fsync.
Status WriteAll(int descriptor, std::string_view contents) {
  while (!contents.empty()) {
    ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ResourceExhausted(SystemMessage());
    contents.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(descriptor) != 0) return ResourceExhausted(SystemMessage());
  return {};
}

fs::path TemporaryBeside(const fs::path& target) {
  fs::path name = target.filename();
  name += ".partial-" + std::to_string(::getpid());
  return target.parent_path() / name;
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

Status WriteFileAtomically(const fs::path& file, std::string_view contents) {
  const fs::path temporary = TemporaryBeside(file);
  int descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return InvalidArgument(file.string() +
                           ": cannot be written: " + SystemMessage());
  }
  Status written = WriteAll(descriptor, contents);
  ::close(descriptor);
  std::error_code code;
  if (written.has_value()) fs::rename(temporary, file, code);
  if (!written.has_value() || code) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    if (!written.has_value()) return InContext(file.string(), written.error());
    return InvalidArgument(file.string() +
                           ": cannot be written: " + code.message());
  }
  return {};
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
    return AlreadyExists(final_path.string() +
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
  std::error_code code;
  fs::remove(final_, code);  // an empty folder of that name gives way
  fs::rename(temporary_, final_, code);
  if (code) {
    return InvalidArgument(final_.string() +
                           ": cannot be made: " + code.message());
  }
  temporary_.clear();
  return {};
}

}  // namespace rankadaptor
