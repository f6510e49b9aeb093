#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <sys/file.h>
#include <sys/stat.h>

#include "rankadaptor/common/file.h"

#include "search/common/src/disk.h"

namespace rankadaptor {
namespace {

namespace fs = std::filesystem;
using internal::kPartial;

// Locks `folder` with `operation` and returns the descriptor; -1 without it,
// and errno says why. The kernel takes the lock from a process that ends,
// however it ends.
int LockFolder(const fs::path& folder, int operation) {
  const int descriptor =
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return -1;
  if (::flock(descriptor, operation) == 0) return descriptor;
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  return -1;
}

// The folder that was locked is still the one of that name.
bool IsStill(int descriptor, const fs::path& folder) {
  struct stat locked = {};
  struct stat named = {};
  return ::fstat(descriptor, &locked) == 0 &&
         ::lstat(folder.c_str(), &named) == 0 &&
         locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

void RemoveIfAbandoned(const fs::path& folder) {
  const int descriptor = LockFolder(folder, LOCK_EX | LOCK_NB);
  if (descriptor < 0) return;
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  ::close(descriptor);
}

// What killed processes left of `target`. A folder that is locked has its
// writer, and is left alone.
void RemoveAbandoned(const fs::path& target) {
  const std::string prefix = target.filename().string() + kPartial;
  std::vector<fs::path> found;
  std::error_code code;
  for (fs::directory_iterator i(target.parent_path(), code), end;
       !code && i != end;
       i.increment(code)) {
    const std::string name = i->path().filename().string();
    if (name.size() > prefix.size() && name.starts_with(prefix) &&
        name.find_first_not_of("0123456789", prefix.size()) == name.npos) {
      found.push_back(i->path());
    }
  }
  std::ranges::for_each(found, RemoveIfAbandoned);
}

// Makes `folder` and locks it. -1 where the file system has no locks of
// folders.
Result<int> CreateLocked(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder.parent_path(), code);
  while (true) {
    if (::mkdir(folder.c_str(), 0777) != 0) {
      return InvalidArgument(folder.string() +
                             ": cannot be made: " + std::strerror(errno));
    }
    // Waits for a process that takes the folder for abandoned, and removes it.
    const int lock = LockFolder(folder, LOCK_EX);
    if (lock < 0 && errno != ENOENT) return -1;
    if (lock >= 0 && IsStill(lock, folder)) return lock;
    if (lock >= 0) ::close(lock);
  }
}

}  // namespace

OutputFolder::OutputFolder(fs::path final_path, fs::path temporary, int lock)
    : final_(std::move(final_path)),
      temporary_(std::move(temporary)),
      lock_(lock) {}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : final_(std::move(other.final_)),
      temporary_(std::exchange(other.temporary_, fs::path())),
      lock_(std::exchange(other.lock_, -1)) {}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
  if (lock_ >= 0) ::close(lock_);
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
  RemoveAbandoned(final_path);
  const fs::path temporary = internal::TemporaryBeside(final_path);
  RA_ASSIGN_OR_RETURN(const int lock, CreateLocked(temporary));
  return OutputFolder(std::move(final_path), temporary, lock);
}

Status OutputFolder::Commit() {
  RA_RETURN_IF_ERROR(internal::SyncTree(temporary_));
  std::error_code code;
  fs::rename(temporary_, final_, code);  // an empty folder gives way
  if (code) {
    return InvalidArgument(final_.string() +
                           ": cannot be made: " + code.message());
  }
  temporary_.clear();
  return internal::SyncFolderOf(final_);
}

}  // namespace rankadaptor
