// Paths in configs are relative to the folder of the config file.
#ifndef RANKADAPTOR_RUNNERS_CONFIG_PATHS_H_
#define RANKADAPTOR_RUNNERS_CONFIG_PATHS_H_

#include <filesystem>
#include <string>

namespace rankadaptor::runners {

inline std::filesystem::path ResolvePath(
    const std::filesystem::path& config_file, const std::string& path) {
  // An absolute `path` replaces the folder.
  return (config_file.parent_path() / path).lexically_normal();
}

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_PATHS_H_
