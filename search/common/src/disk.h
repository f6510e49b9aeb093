// Names of what is not finished, and putting things on disk.
#ifndef RANKADAPTOR_SEARCH_COMMON_SRC_DISK_H_
#define RANKADAPTOR_SEARCH_COMMON_SRC_DISK_H_

#include <filesystem>
#include <string>

#include "rankadaptor/common/result.h"

namespace rankadaptor::internal {

// What names of unfinished files and folders go on with after the target's;
// then comes the id of the process.
inline constexpr const char* kPartial = ".partial-";

// This process's unfinished `target`: in the same folder, so that a rename is
// enough.
std::filesystem::path TemporaryBeside(const std::filesystem::path& target);

// Puts a file's bytes, or a folder's entries, on disk. kResourceExhausted if
// that fails.
Status Sync(const std::filesystem::path& path);

// A rename is on disk when the folder is.
Status SyncFolderOf(const std::filesystem::path& path);

// Everything in `folder`, and its entries.
Status SyncTree(const std::filesystem::path& folder);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_COMMON_SRC_DISK_H_
