#include "runners/study/plugin_plan.h"

#include <string>
#include <utility>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/plugin/plugin_library.h"
#include "rankadaptor/process/process_evaluator.h"

#include "runners/plugins/found_plugins.h"
#include "runners/study/process_plan.h"
#include "runners/study/stated_space.h"

namespace rankadaptor::runners {
namespace {

using plugin::PluginLibrary;

// Makes the evaluator at once: what the plug-in refuses is a fault of the
// config.
class PluginPlan final : public EvaluatorPlan {
 public:
  PluginPlan(PluginLibrary library,
             SearchSpace space,
             std::unique_ptr<Evaluator> evaluator)
      : library_(std::move(library)),
        space_(std::move(space)),
        evaluator_(std::move(evaluator)) {}

  const SearchSpace& space() const override { return space_; }
  const Objective& objective() const override { return objective_; }
  std::vector<Baseline> baselines() const override { return {}; }
  std::string cost_unit() const override { return ""; }

  std::optional<int64_t> NumParameters(
      const Configuration& /*configuration*/) const override {
    return std::nullopt;
  }

  Result<std::vector<Fact>> Facts() const override {
    return std::vector<Fact>{{"evaluator",
                              std::string(library_.name()) + " " +
                                  library_.version() + " in " +
                                  library_.file().string()}};
  }

  Result<std::unique_ptr<Evaluator>> MakeEvaluator(
      const EvaluatorParts& /*parts*/) override {
    return std::move(evaluator_);
  }

 private:
  const PluginLibrary library_;
  const SearchSpace space_;
  const Objective objective_{.name = "objective", .minimised = false};
  std::unique_ptr<Evaluator> evaluator_;
};

// A file if it looks like one.
Result<std::filesystem::path> FileOf(const std::string& library,
                                     const ConfigField& field) {
  if (library.find('/') == std::string::npos && !library.ends_with(".so")) {
    return PluginNamed(library, FindPlugins(PluginFolders()));
  }
  return field.Resolve(library);
}

Result<bool> RunsInProcess(const v1::PluginEvaluator& plugin,
                           const std::filesystem::path& file) {
  if (plugin.has_in_process()) return plugin.in_process();
  RA_ASSIGN_OR_RETURN(const PluginDescription description,
                      DescribePlugin(file));
  return !description.wants_process;
}

Result<std::unique_ptr<EvaluatorPlan>> PlanInProcess(
    const std::filesystem::path& file,
    SearchSpace space,
    const std::string& config) {
  RA_ASSIGN_OR_RETURN(PluginLibrary library, PluginLibrary::Open(file));
  RA_ASSIGN_OR_RETURN(std::unique_ptr<Evaluator> evaluator,
                      library.MakeEvaluator(space, config));
  return std::make_unique<PluginPlan>(
      std::move(library), std::move(space), std::move(evaluator));
}

Result<std::unique_ptr<EvaluatorPlan>> PlanInProcesses(
    const std::filesystem::path& file,
    SearchSpace space,
    const v1::SearchConfig& config) {
  const v1::PluginEvaluator& plugin = config.evaluator().plugin();
  process::ProcessOptions options =
      ProcessOptionsFrom(plugin.isolation(), config);
  options.command = {EvaluatorHostProgram(), file};
  options.config = plugin.config();
  options.space = std::move(space);
  RA_ASSIGN_OR_RETURN(
      auto evaluator,
      process::ProcessEvaluator::Create(std::move(options), SystemClock()));
  return PlanOf(std::move(evaluator),
                file.string() + " in processes of its own");
}

}  // namespace

Result<std::unique_ptr<EvaluatorPlan>> MakePluginPlan(
    const v1::SearchConfig& config, const ConfigField& field) {
  const v1::PluginEvaluator& plugin = config.evaluator().plugin();
  RA_ASSIGN_OR_RETURN(SearchSpace space,
                      StatedSpace(plugin.space(), field["space"]));
  auto file = FileOf(plugin.library(), field["library"]);
  if (!file) return field["library"].In(file.error());
  auto in_process = RunsInProcess(plugin, *file);
  if (!in_process) return field["library"].In(in_process.error());
  auto plan = *in_process
                  ? PlanInProcess(*file, std::move(space), plugin.config())
                  : PlanInProcesses(*file, std::move(space), config);
  if (!plan) return field.In(plan.error());
  return plan;
}

}  // namespace rankadaptor::runners
