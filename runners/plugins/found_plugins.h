// Evaluators in shared libraries (evaluators/sdk): where they are looked for,
// what was found, why a candidate is none.
//
// Thread-safe.
#ifndef RANKADAPTOR_RUNNERS_PLUGINS_FOUND_PLUGINS_H_
#define RANKADAPTOR_RUNNERS_PLUGINS_FOUND_PLUGINS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// What a library says of itself.
struct PluginDescription {
  std::string name;
  std::string version;
  std::string build;  // which compiler made it
  bool thread_safe = false;
  bool deterministic = false;
  bool wants_process = false;
};

struct FoundPlugin {
  std::filesystem::path file;
  Result<PluginDescription> description;
};

// The program that holds a shared library in a process of its own:
// rankadaptor-evaluator-host, beside this one.
std::filesystem::path EvaluatorHostProgram();

// Asks the library, in another process: it may do anything. Errors name the
// file.
Result<PluginDescription> DescribePlugin(const std::filesystem::path& file);

// Those of RANKADAPTOR_PLUGIN_PATH (separated by colons), then
// lib/rankadaptor/evaluators beside the program's bin. Never the current one.
std::vector<std::filesystem::path> PluginFolders();

// Every *.so of the folders that are there, in their order, then by name.
std::vector<FoundPlugin> FindPlugins(
    const std::vector<std::filesystem::path>& folders);

// The one with this name; kNotFound lists what there is instead,
// kInvalidArgument names the files if several have it.
Result<std::filesystem::path> PluginNamed(
    const std::string& name, const std::vector<FoundPlugin>& plugins);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_PLUGINS_FOUND_PLUGINS_H_
