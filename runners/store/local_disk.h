// Is a file on a disk of this machine?
#ifndef RANKADAPTOR_RUNNERS_STORE_LOCAL_DISK_H_
#define RANKADAPTOR_RUNNERS_STORE_LOCAL_DISK_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// The name of a file system that several machines may write, by its number in
// statfs(2); empty for all others.
std::optional<std::string> NetworkFileSystem(uint64_t type);

// kFailedPrecondition if the folder of `file` is on such a file system: SQLite
// relies on locks and shared memory that these do not have, and would damage
// the study without a word.
Status CheckOnLocalDisk(const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_LOCAL_DISK_H_
