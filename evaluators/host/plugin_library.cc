#include "rankadaptor/plugin/plugin_library.h"

#include <dlfcn.h>
#include <utility>

#include "rankadaptor/plugin/plugin_abi.h"

#include "evaluators/host/plugin_evaluator.h"

namespace rankadaptor::plugin {
namespace {

// Of minor version 0: what every plug-in has.
constexpr uint32_t kSmallestPlugin = sizeof(RaEvaluatorPlugin);

std::string Versions(uint32_t major, uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

// Never unloads: the library's threads and static objects may be alive. Local
// symbols, so that plug-ins do not take each other's.
Result<void*> Load(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) {
    return NotFound(file.string() + ": there is no such file");
  }
  // An absolute path, or dlopen would search the system's folders.
  void* handle = ::dlopen(std::filesystem::absolute(file).c_str(),
                          RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle != nullptr) return handle;
  const char* reason = ::dlerror();
  return InvalidArgument(file.string() + ": cannot be loaded: " +
                         (reason != nullptr ? reason : "no reason given"));
}

Status CheckPlugin(const RaEvaluatorPlugin& plugin) {
  if (plugin.struct_size < kSmallestPlugin) {
    return FailedPrecondition(
        "describes itself in " + std::to_string(plugin.struct_size) +
        " bytes, at least " + std::to_string(kSmallestPlugin) +
        " are needed: it was built with damaged headers");
  }
  if (plugin.abi_major != RA_PLUGIN_ABI_MAJOR) {
    return FailedPrecondition(
        "is for version " + Versions(plugin.abi_major, plugin.abi_minor) +
        " of the plug-in interface, this program has " +
        Versions(RA_PLUGIN_ABI_MAJOR, RA_PLUGIN_ABI_MINOR) + ": build it anew");
  }
  if (plugin.name == nullptr || *plugin.name == '\0' ||
      plugin.version == nullptr || plugin.build == nullptr) {
    return FailedPrecondition("does not say its name, version and build");
  }
  if (plugin.create == nullptr || plugin.evaluate == nullptr ||
      plugin.destroy == nullptr) {
    return FailedPrecondition("lacks create, evaluate or destroy");
  }
  return {};
}

}  // namespace

Result<PluginLibrary> PluginLibrary::Open(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(void* handle, Load(file));
  const auto entry = reinterpret_cast<RaEvaluatorPluginEntry>(
      ::dlsym(handle, RA_PLUGIN_ENTRY_NAME));
  if (entry == nullptr) {
    return InvalidArgument(
        file.string() +
        ": is no evaluator plug-in: it does not export " RA_PLUGIN_ENTRY_NAME);
  }
  const RaEvaluatorPlugin* plugin =
      entry(RA_PLUGIN_ABI_MAJOR, RA_PLUGIN_ABI_MINOR);
  if (plugin == nullptr) {
    return FailedPrecondition(
        file.string() + ": does not speak version " +
        Versions(RA_PLUGIN_ABI_MAJOR, RA_PLUGIN_ABI_MINOR) +
        " of the plug-in interface: build it anew");
  }
  if (Status status = CheckPlugin(*plugin); !status) {
    return InContext(file.string(), std::move(status).error());
  }
  return PluginLibrary(file, plugin);
}

PluginLibrary::PluginLibrary(std::filesystem::path file,
                             const RaEvaluatorPlugin* plugin)
    : file_(std::move(file)), plugin_(plugin) {}

const char* PluginLibrary::name() const { return plugin_->name; }
const char* PluginLibrary::version() const { return plugin_->version; }
const char* PluginLibrary::build() const { return plugin_->build; }

bool PluginLibrary::thread_safe() const {
  return (plugin_->capabilities & RA_PLUGIN_THREAD_SAFE) != 0;
}

bool PluginLibrary::deterministic() const {
  return (plugin_->capabilities & RA_PLUGIN_DETERMINISTIC) != 0;
}

bool PluginLibrary::wants_process() const {
  return (plugin_->capabilities & RA_PLUGIN_WANTS_PROCESS) != 0;
}

Result<std::unique_ptr<Evaluator>> PluginLibrary::MakeEvaluator(
    const SearchSpace& space, std::string_view config) const {
  return PluginEvaluator::Create(*plugin_, space, config);
}

}  // namespace rankadaptor::plugin
