// Options that several commands have.
#ifndef RANKADAPTOR_RUNNERS_COMMANDS_SHARED_OPTIONS_H_
#define RANKADAPTOR_RUNNERS_COMMANDS_SHARED_OPTIONS_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rankadaptor::runners {

// --set path=value, any number of times.
void AddOverrides(CLI::App& app, std::vector<std::string>* overrides);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_COMMANDS_SHARED_OPTIONS_H_
