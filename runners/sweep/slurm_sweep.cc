#include "runners/sweep/slurm_sweep.h"

#include <algorithm>
#include <span>

#include "rankadaptor/common/file.h"

#include "runners/config/yaml_text.h"
#include "runners/sweep/tool.h"
#include "runners/terminal/this_program.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// Slurm's own limit is 1001 by default (MaxArraySize).
constexpr size_t kMaxTasks = 1000;

std::string Directive(const std::string& option) {
  return "#SBATCH " + option + "\n";
}

std::string ResourceDirectives(const v1::SlurmOptions& options) {
  std::string text;
  if (options.has_partition()) {
    text += Directive("--partition=" + options.partition());
  }
  if (options.gpus() > 0) {
    text += Directive("--gpus=" + std::to_string(options.gpus()));
  }
  if (options.has_time()) text += Directive("--time=" + options.time());
  if (options.has_cpus()) {
    text += Directive("--cpus-per-task=" + std::to_string(options.cpus()));
  }
  if (options.has_memory()) text += Directive("--mem=" + options.memory());
  for (const std::string& option : options.options()) text += Directive(option);
  return text;
}

std::string ArrayOf(const SlurmScript& script,
                    const v1::SlurmOptions& options) {
  std::string array = "--array=0-" + std::to_string(script.num_tasks - 1);
  if (options.has_max_running()) {
    array += "%" + std::to_string(options.max_running());
  }
  return array;
}

// "name=value", the value as YAML reads it.
std::string Export(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  return "export " + assignment.substr(0, equals) + "=" +
         ShellWord(TextOfFlow(assignment.substr(equals + 1))) + "\n";
}

// The number that no array of the folder has.
int NextNumber(const fs::path& folder) {
  int number = 1;
  std::error_code ignored;
  while (fs::exists(folder / (std::to_string(number) + ".sh"), ignored)) {
    ++number;
  }
  return number;
}

Result<std::string> Submit(const fs::path& script) {
  RA_ASSIGN_OR_RETURN(const ToolOutput output,
                      RunTool({"sbatch", "--parsable", script.string()}));
  if (output.exit_code != 0) {
    return InvalidArgument("sbatch " + script.string() + ": " +
                           output.err.substr(0, output.err.find('\n')));
  }
  // "123" or "123;cluster".
  return output.out.substr(0, output.out.find_first_of(";\n"));
}

Result<std::string> SubmitArray(const SweepPlan& plan,
                                std::span<const int> studies,
                                const SweepFiles& files) {
  std::error_code ignored;
  const fs::path folder = fs::absolute(files.slurm(), ignored);
  const std::string number = std::to_string(NextNumber(folder));
  std::string names;
  for (int study : studies) names += plan.studies[study].name + "\n";
  SlurmScript script{
      .name = "sweep-" + plan.file.stem().string() + "-" + number,
      .num_tasks = static_cast<int>(studies.size()),
      .config = fs::absolute(plan.file, ignored),
      .studies = folder / (number + ".studies"),
      .logs = folder};
  RA_ASSIGN_OR_RETURN(script.program, ThisProgram());
  const fs::path script_file = folder / (number + ".sh");
  RA_RETURN_IF_ERROR(WriteFileAtomically(script.studies, names));
  RA_RETURN_IF_ERROR(WriteFileAtomically(
      script_file, SlurmScriptText(script, plan.config.slurm())));
  auto job = Submit(script_file);
  if (!job) {
    fs::remove(script_file, ignored);
    fs::remove(script.studies, ignored);
    return job;
  }
  RA_RETURN_IF_ERROR(
      WriteFileAtomically(folder / (number + ".job"), *job + "\n"));
  return job;
}

}  // namespace

std::string SlurmScriptText(const SlurmScript& script,
                            const v1::SlurmOptions& options) {
  std::string text = "#!/bin/bash\n";
  text += Directive("--job-name=" + script.name);
  text += Directive(ArrayOf(script, options));
  text += Directive("--requeue");
  text += Directive("--open-mode=append");
  text +=
      Directive("--output=\"" + (script.logs / "%A_%a.log").string() + "\"");
  text += ResourceDirectives(options);
  for (const std::string& variable : options.environment()) {
    text += Export(variable);
  }
  text += "study=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" " +
          ShellWord(script.studies.string()) + ")\n";
  text += options.has_scratch()
              ? "scratch=" + ShellWord(options.scratch()) + "\n"
              : "scratch=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}\n";
  // In the shell's place, so that it gets Slurm's signals.
  text += "exec " + ShellWord(script.program.string()) + " sweep " +
          ShellWord(script.config.string()) +
          " --only \"$study\" --scratch \"$scratch\"\n";
  return text;
}

Result<std::vector<std::string>> SubmitToSlurm(const SweepPlan& plan,
                                               const std::vector<int>& studies,
                                               const SweepFiles& files) {
  std::error_code code;
  fs::create_directories(files.slurm(), code);
  if (code) {
    return InvalidArgument(files.slurm().string() + ": " + code.message());
  }
  std::vector<std::string> jobs;
  for (size_t first = 0; first < studies.size(); first += kMaxTasks) {
    const size_t count = std::min(kMaxTasks, studies.size() - first);
    RA_ASSIGN_OR_RETURN(
        std::string job,
        SubmitArray(plan, std::span(studies).subspan(first, count), files));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace rankadaptor::runners
