// Loads an evaluator from a shared library that its author made with
// evaluator_plugin.h. The library runs inside this process and is trusted: it
// can crash it.
//
//   RA_ASSIGN_OR_RETURN(PluginLibrary library,
//                       PluginLibrary::Open("/opt/acme/libsphere.so"));
//   RA_ASSIGN_OR_RETURN(auto evaluator,
//                       library.MakeEvaluator(space, "{\"centre\": 3}"));
//
// Thread-safety: immutable. A library is never unloaded.
#ifndef RANKADAPTOR_PLUGIN_PLUGIN_LIBRARY_H_
#define RANKADAPTOR_PLUGIN_PLUGIN_LIBRARY_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

struct RaEvaluatorPlugin;

namespace rankadaptor::plugin {

class PluginLibrary {
 public:
  // Errors name the file:
  //  - kNotFound: it is not there, or not a regular file;
  //  - kInvalidArgument: no shared library, one that needs what is not here, or
  //    no plug-in: it does not export the entry;
  //  - kFailedPrecondition: a plug-in for another major version of the border,
  //    or one that does not keep to it.
  static Result<PluginLibrary> Open(const std::filesystem::path& file);

  // What the plug-in says of itself; valid for the process.
  const char* name() const;
  const char* version() const;
  const char* build() const;  // which compiler made it
  const std::filesystem::path& file() const { return file_; }
  bool thread_safe() const;
  bool deterministic() const;
  // It may crash or hang: run it in a process of its own.
  bool wants_process() const;

  // kInvalidArgument if the plug-in refuses `config` or the space; what else it
  // fails with is kInternal. A measurement that is not finite is an error of
  // the trial.
  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const SearchSpace& space, std::string_view config) const;

 private:
  PluginLibrary(std::filesystem::path file, const RaEvaluatorPlugin* plugin);

  std::filesystem::path file_;
  const RaEvaluatorPlugin* plugin_;
};

}  // namespace rankadaptor::plugin

#endif  // RANKADAPTOR_PLUGIN_PLUGIN_LIBRARY_H_
