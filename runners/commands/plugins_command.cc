#include "runners/commands/plugins_command.h"

#include <string>

#include <CLI/CLI.hpp>

#include "runners/plugins/found_plugins.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

using plugin::PluginLibrary;

std::string Capabilities(const PluginLibrary& library) {
  return std::string(library.thread_safe() ? "thread-safe"
                                           : "one call at a time") +
         (library.deterministic() ? ", deterministic" : "");
}

void Describe(const PluginLibrary& library) {
  PrintLine(std::string(library.name()) + " " + library.version());
  PrintLine("  file: " + library.file().string());
  PrintLine("  capabilities: " + Capabilities(library));
  PrintLine(std::string("  build: ") + library.build());
}

Status ListFolders() {
  const auto folders = PluginFolders();
  const auto plugins = FindPlugins(folders);
  for (const FoundPlugin& found : plugins) {
    if (found.library) {
      Describe(*found.library);
    } else {
      PrintLine("refused: " + found.library.error().message);
    }
  }
  if (plugins.empty()) PrintLine("no plug-ins were found");
  for (const auto& folder : folders) {
    PrintLine("looked in: " + folder.string());
  }
  return {};
}

}  // namespace

PluginsCommand::PluginsCommand(CLI::App& parent)
    : Command(parent.add_subcommand(
          "plugins", "List evaluators in shared libraries that are found")) {
  app().add_option("files", files_, "Look at these files only");
}

Status PluginsCommand::Run(CommandContext& /*context*/) {
  if (files_.empty()) return ListFolders();
  for (const auto& file : files_) {
    RA_ASSIGN_OR_RETURN(const PluginLibrary library, PluginLibrary::Open(file));
    Describe(library);
  }
  return {};
}

}  // namespace rankadaptor::runners
