#include "runners/plugins/found_plugins.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/process/process_evaluator.h"

#include "runners/terminal/this_program.h"

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

fs::path ProgramFolder() {
  return ThisProgram().value_or(fs::path()).parent_path();
}

}  // namespace

fs::path EvaluatorHostProgram() {
  return ProgramFolder() / "rankadaptor-evaluator-host";
}

Result<PluginDescription> DescribePlugin(const fs::path& file) {
  process::ProcessOptions options;
  options.command = {EvaluatorHostProgram(), file};
  auto asked =
      process::ProcessEvaluator::Create(std::move(options), SystemClock());
  if (!asked) {
    // What the library's own message does not say.
    const bool names_file = asked.error().message.find(file) == 0;
    if (names_file) return tl::unexpected(asked.error());
    return InContext(file.string(), asked.error());
  }
  const EvaluatorCapabilities& capabilities = (*asked)->capabilities();
  const process::LibraryNotes& notes = (*asked)->library_notes();
  return PluginDescription{.name = capabilities.name,
                           .version = capabilities.version,
                           .build = notes.build,
                           .thread_safe = notes.thread_safe,
                           .deterministic = capabilities.deterministic,
                           .wants_process = !notes.may_share_process};
}

std::vector<fs::path> PluginFolders() {
  std::vector<fs::path> folders;
  if (const char* path = std::getenv(kPathVariable)) {
    std::istringstream stream(path);
    for (std::string folder; std::getline(stream, folder, ':');) {
      if (!folder.empty()) folders.emplace_back(folder);
    }
  }
  folders.push_back(ProgramFolder().parent_path() / "lib" / "rankadaptor" /
                    "evaluators");
  return folders;
}

std::vector<FoundPlugin> FindPlugins(const std::vector<fs::path>& folders) {
  std::vector<FoundPlugin> plugins;
  for (const fs::path& folder : folders) {
    for (const fs::path& file : LibrariesIn(folder)) {
      plugins.push_back({file, DescribePlugin(file)});
    }
  }
  return plugins;
}

Result<fs::path> PluginNamed(const std::string& name,
                             const std::vector<FoundPlugin>& plugins) {
  std::vector<std::string> names;
  std::vector<std::string> files;
  for (const FoundPlugin& candidate : plugins) {
    if (!candidate.description) continue;
    names.push_back(candidate.description->name);
    if (names.back() == name) files.push_back(candidate.file.string());
  }
  if (files.empty()) {
    return NotFound("there is no plug-in '" + name + "' in " + FoldersText() +
                    (names.empty() ? "; " : ", but " + ListOf(names) + "; ") +
                    kPathVariable + " names other folders");
  }
  if (files.size() > 1) {
    return InvalidArgument(
        "the name '" + name + "' is that of " + std::to_string(files.size()) +
        " plug-ins: " + ListOf(files) + "; give the file instead");
  }
  return files.front();
}

}  // namespace rankadaptor::runners
