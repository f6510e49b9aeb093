#include "runners/commands/plugins_command.h"

#include <string>

#include <CLI/CLI.hpp>

#include "runners/plugins/found_plugins.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

std::string Capabilities(const PluginDescription& plugin) {
  return std::string(plugin.thread_safe ? "thread-safe"
                                        : "one call at a time") +
         (plugin.deterministic ? ", deterministic" : "") +
         (plugin.wants_process ? ", wants a process of its own" : "");
}

void Print(const std::filesystem::path& file, const PluginDescription& plugin) {
  PrintLine(plugin.name + " " + plugin.version);
  PrintLine("  file: " + file.string());
  PrintLine("  capabilities: " + Capabilities(plugin));
  PrintLine("  build: " + plugin.build);
}

Status ListFolders() {
  const auto folders = PluginFolders();
  const auto plugins = FindPlugins(folders);
  for (const FoundPlugin& found : plugins) {
    if (found.description) {
      Print(found.file, *found.description);
    } else {
      PrintLine("refused: " + found.description.error().message);
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
    RA_ASSIGN_OR_RETURN(const PluginDescription plugin, DescribePlugin(file));
    Print(file, plugin);
  }
  return {};
}

}  // namespace rankadaptor::runners
