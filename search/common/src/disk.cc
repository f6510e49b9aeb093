#include "search/common/src/disk.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace rankadaptor::internal {

namespace fs = std::filesystem;

fs::path TemporaryBeside(const fs::path& target) {
  fs::path name = target.filename();
  name += kPartial + std::to_string(::getpid());
  return target.parent_path() / name;
}

Status Sync(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return DataLoss(path.string() +
                    ": cannot be opened: " + std::strerror(errno));
  }
  const bool synced = ::fsync(descriptor) == 0;
  const std::string message = std::strerror(errno);
  ::close(descriptor);
  if (synced) return {};
  return ResourceExhausted(path.string() + ": " + message);
}

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

}  // namespace rankadaptor::internal
