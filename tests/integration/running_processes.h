// The processes of this machine, as /proc has them.
#ifndef RANKADAPTOR_TESTS_INTEGRATION_RUNNING_PROCESSES_H_
#define RANKADAPTOR_TESTS_INTEGRATION_RUNNING_PROCESSES_H_

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace rankadaptor::testing {

struct RunningProcess {
  pid_t id;
  std::string command;           // words with zeros between them
  std::filesystem::path folder;  // it runs in
};

// Those that can be read; zombies and those that end meanwhile have no command.
inline std::vector<RunningProcess> RunningProcesses() {
  namespace fs = std::filesystem;
  std::vector<RunningProcess> processes;
  std::error_code ignored;
  for (fs::directory_iterator entry("/proc", ignored), end; entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry->path() / "cmdline");
    std::string command;
    std::getline(file, command);  // iterators would throw if the process ended
    processes.push_back({std::stoi(name),
                         std::move(command),
                         fs::read_symlink(entry->path() / "cwd", ignored)});
  }
  return processes;
}

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_INTEGRATION_RUNNING_PROCESSES_H_
