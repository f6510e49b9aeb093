#include "runners/plugins/found_plugins.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

constexpr char kPathVariable[] = "RANKADAPTOR_PLUGIN_PATH";

std::vector<fs::path> LibrariesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ListOf(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    list += (list.empty() ? "" : ", ") + text;
  }
  return list;
}

std::string FoldersText() {
  std::vector<std::string> folders;
  for (const fs::path& folder : PluginFolders()) folders.push_back(folder);
  return ListOf(folders);
}

}  // namespace

std::vector<fs::path> PluginFolders() {
  std::vector<fs::path> folders;
  if (const char* path = std::getenv(kPathVariable)) {
    std::istringstream stream(path);
    for (std::string folder; std::getline(stream, folder, ':');) {
      if (!folder.empty()) folders.emplace_back(folder);
    }
  }
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  if (!code) {
    folders.push_back(program.parent_path().parent_path() / "lib" /
                      "rankadaptor" / "evaluators");
  }
  return folders;
}

std::vector<FoundPlugin> FindPlugins(const std::vector<fs::path>& folders) {
  std::vector<FoundPlugin> plugins;
  for (const fs::path& folder : folders) {
    for (const fs::path& file : LibrariesIn(folder)) {
      plugins.push_back({file, plugin::PluginLibrary::Open(file)});
    }
  }
  return plugins;
}

Result<plugin::PluginLibrary> PluginNamed(
    const std::string& name, const std::vector<FoundPlugin>& plugins) {
  const plugin::PluginLibrary* found = nullptr;
  std::vector<std::string> names;
  std::vector<std::string> files;
  for (const FoundPlugin& candidate : plugins) {
    if (!candidate.library) continue;
    names.emplace_back(candidate.library->name());
    if (names.back() != name) continue;
    found = &*candidate.library;
    files.push_back(candidate.file.string());
  }
  if (found == nullptr) {
    return NotFound("there is no plug-in '" + name + "' in " + FoldersText() +
                    (names.empty() ? "; " : ", but " + ListOf(names) + "; ") +
                    kPathVariable + " names other folders");
  }
  if (files.size() > 1) {
    return InvalidArgument(
        "the name '" + name + "' is that of " + std::to_string(files.size()) +
        " plug-ins: " + ListOf(files) + "; give the file instead");
  }
  return *found;
}

}  // namespace rankadaptor::runners
