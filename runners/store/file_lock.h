// Keeps a second process off a file: the lock is held while the object lives,
// and the system releases it when the process dies, however it dies.
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_STORE_FILE_LOCK_H_
#define RANKADAPTOR_RUNNERS_STORE_FILE_LOCK_H_

#include <filesystem>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

class FileLock {
 public:
  // Locks `file` by way of a file "<file>-lock" beside it, which is there while
  // the lock is held. kUnavailable names the process that has it.
  static Result<FileLock> Acquire(const std::filesystem::path& file);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  FileLock(std::filesystem::path lock_file, int descriptor);

  std::filesystem::path lock_file_;
  int descriptor_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_FILE_LOCK_H_
