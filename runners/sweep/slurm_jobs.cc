#include "runners/sweep/slurm_jobs.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "rankadaptor/common/file.h"

#include "runners/sweep/tool.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> SplitAt(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

// Numbers of the arrays in the folder that were submitted.
Result<std::set<int>> ArrayNumbers(const fs::path& folder) {
  std::set<int> numbers;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    if (entry->path().extension() != ".job") continue;
    const std::string stem = entry->path().stem().string();
    int number = 0;
    std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (number > 0) numbers.insert(number);
  }
  return numbers;
}

tl::unexpected<Error> NoAnswer(const std::string& command,
                               const ToolOutput& output) {
  std::string message = output.err.substr(0, output.err.find('\n'));
  return Unavailable(command + " has no answer: " +
                     (message.empty()
                          ? "exit code " + std::to_string(output.exit_code)
                          : message));
}

// Own tasks in the queue, by id.
Result<std::map<std::string, SlurmTask>> AskQueue() {
  RA_ASSIGN_OR_RETURN(
      const ToolOutput output,
      RunTool(
          {"squeue", "--noheader", "--array", "--me", "--format=%i|%T|%r"}));
  if (output.exit_code != 0) return NoAnswer("squeue", output);
  std::map<std::string, SlurmTask> tasks;
  for (const std::string& line : SplitAt(output.out, '\n')) {
    const std::vector<std::string> parts = SplitAt(line, '|');
    if (parts.size() < 2) continue;
    SlurmTask task{.id = parts[0], .state = parts[1], .active = true};
    if (parts.size() > 2 && parts[2] != "None") task.reason = parts[2];
    tasks[task.id] = task;
  }
  return tasks;
}

// "State" of "a=b State=c d=e"; empty if there is none.
std::string ValueOf(const std::string& name, const std::string& record) {
  const size_t at = record.find(name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 1;
  return record.substr(begin, record.find_first_of(" \n", begin) - begin);
}

// How an array's tasks ended, by id, as far as anybody knows.
std::map<std::string, std::string> AskAccounting(const std::string& job) {
  std::map<std::string, std::string> states;
  auto output = RunTool({"sacct",
                         "--noheader",
                         "--parsable2",
                         "--allocations",
                         "--array",
                         "--jobs=" + job,
                         "--format=JobID,State"});
  if (!output || output->exit_code != 0) return states;
  for (const std::string& line : SplitAt(output->out, '\n')) {
    const std::vector<std::string> parts = SplitAt(line, '|');
    if (parts.size() == 2) states[parts[0]] = parts[1];
  }
  return states;
}

// Slurm's controller remembers a job for some minutes.
std::map<std::string, std::string> AskController(const std::string& job) {
  std::map<std::string, std::string> states;
  auto output = RunTool({"scontrol", "--oneliner", "show", "job", job});
  if (!output || output->exit_code != 0) return states;
  for (const std::string& record : SplitAt(output->out, '\n')) {
    const std::string task = ValueOf("ArrayTaskId", record);
    if (task.empty()) continue;
    states[job + "_" + task] = ValueOf("JobState", record);
  }
  return states;
}

}  // namespace

Result<std::vector<SlurmArray>> ReadSlurmArrays(const fs::path& folder) {
  std::vector<SlurmArray> arrays;
  RA_ASSIGN_OR_RETURN(const std::set<int> numbers, ArrayNumbers(folder));
  for (int number : numbers) {
    const std::string name = std::to_string(number);
    RA_ASSIGN_OR_RETURN(std::string job, ReadFile(folder / (name + ".job")));
    RA_ASSIGN_OR_RETURN(const std::string studies,
                        ReadFile(folder / (name + ".studies")));
    job.erase(job.find_last_not_of('\n') + 1);
    arrays.push_back({job, SplitAt(studies, '\n')});
  }
  return arrays;
}

std::string SlurmTask::Text() const {
  return "job " + id + ": " + state +
         (reason.empty() ? "" : " (" + reason + ")");
}

Result<std::map<std::string, SlurmTask>> AskSlurm(
    const std::vector<SlurmArray>& arrays) {
  std::map<std::string, SlurmTask> tasks;
  if (arrays.empty()) return tasks;
  RA_ASSIGN_OR_RETURN(const auto queue, AskQueue());
  for (const SlurmArray& array : arrays) {
    std::map<std::string, std::string> ended = AskAccounting(array.job);
    if (ended.empty()) ended = AskController(array.job);
    for (size_t i = 0; i < array.studies.size(); ++i) {
      SlurmTask task{.id = array.job + "_" + std::to_string(i)};
      if (auto found = queue.find(task.id); found != queue.end()) {
        task = found->second;
      } else if (auto end = ended.find(task.id); end != ended.end()) {
        task.state = end->second;
      } else {
        task.state = "ENDED";
      }
      tasks[array.studies[i]] = task;
    }
  }
  return tasks;
}

}  // namespace rankadaptor::runners
