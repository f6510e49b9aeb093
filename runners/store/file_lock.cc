#include "runners/store/file_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

#include <sys/file.h>
#include <sys/stat.h>

namespace rankadaptor::runners {
namespace {

// The process id that the holder wrote; empty if it has not yet.
std::string Holder(int descriptor) {
  char text[32];
  ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
}

// The holder removes the file before it unlocks it, so a file that was waited
// for may be gone from the folder: then a lock on it means nothing.
bool IsStillNamed(int descriptor, const std::filesystem::path& lock_file) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 &&
         ::stat(lock_file.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

FileLock::FileLock(std::filesystem::path lock_file, int descriptor)
    : lock_file_(std::move(lock_file)), descriptor_(descriptor) {}

FileLock::FileLock(FileLock&& other) noexcept
    : lock_file_(std::move(other.lock_file_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  ::unlink(lock_file_.c_str());
  ::close(descriptor_);
}

Result<FileLock> FileLock::Acquire(const std::filesystem::path& file) {
  std::filesystem::path lock_file = file;
  lock_file += "-lock";
  while (true) {
    int descriptor =
        ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
      return InvalidArgument(file.string() +
                             ": cannot be locked: " + std::strerror(errno));
    }
    FileLock lock("", descriptor);  // closes; nothing to remove yet
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      std::string holder = Holder(descriptor);
      return Unavailable(
          file.string() + ": is in use by " +
          (holder.empty() ? "another process" : "process " + holder) +
          "; wait until it has ended");
    }
    if (!IsStillNamed(descriptor, lock_file)) continue;
    const std::string id = std::to_string(::getpid());
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, id.data(), id.size(), 0) < 0) {
      return ResourceExhausted(lock_file.string() + ": " +
                               std::strerror(errno));
    }
    lock.lock_file_ = lock_file;
    return lock;
  }
}

}  // namespace rankadaptor::runners
