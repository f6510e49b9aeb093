#include "runners/store/local_disk.h"

#include <sys/vfs.h>

namespace rankadaptor::runners {

std::optional<std::string> NetworkFileSystem(uint64_t type) {
  switch (type) {  // linux/magic.h and the projects' own headers
    case 0x6969:
      return "NFS";
    case 0x517b:
    case 0xfe534d42:
    case 0xff534d42:
      return "SMB";
    case 0x0bd00bd0:
      return "Lustre";
    case 0x47504653:
      return "GPFS";
    case 0x19830326:
      return "BeeGFS";
    case 0x00c36400:
      return "Ceph";
    case 0x5346414f:
      return "AFS";
    case 0x7461636f:
      return "OCFS2";
    case 0x01161970:
      return "GFS2";
    default:
      return std::nullopt;
  }
}

Status CheckOnLocalDisk(const std::filesystem::path& file) {
  const std::filesystem::path folder =
      file.has_parent_path() ? file.parent_path() : ".";
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) return {};  // opening says why
  // The type is signed on some machines.
  const auto name = NetworkFileSystem(static_cast<uint32_t>(about.f_type));
  if (!name) return {};
  return FailedPrecondition(
      file.string() + ": is on a network file system (" + *name +
      "), where the locks that keep a study whole do not hold; name a file on "
      "a local disk (of a sweep: --scratch DIR)");
}

}  // namespace rankadaptor::runners
