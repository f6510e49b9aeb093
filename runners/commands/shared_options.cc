#include "runners/commands/shared_options.h"

#include <CLI/CLI.hpp>

namespace rankadaptor::runners {

void AddOverrides(CLI::App& app, std::vector<std::string>* overrides) {
  app.add_option("--set",
                 *overrides,
                 "A config field to set instead of what the file says, e.g. "
                 "search.max_trials=20; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

}  // namespace rankadaptor::runners
