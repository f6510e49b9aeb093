#include "runners/study/plugin_plan.h"

#include <string>
#include <utility>

#include "rankadaptor/plugin/plugin_library.h"

#include "runners/plugins/found_plugins.h"
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
Result<PluginLibrary> OpenLibrary(const std::string& library,
                                  const ConfigField& field) {
  if (library.find('/') == std::string::npos && !library.ends_with(".so")) {
    return PluginNamed(library, FindPlugins(PluginFolders()));
  }
  return PluginLibrary::Open(field.Resolve(library));
}

}  // namespace

Result<std::unique_ptr<EvaluatorPlan>> MakePluginPlan(
    const v1::PluginEvaluator& config, const ConfigField& field) {
  RA_ASSIGN_OR_RETURN(SearchSpace space,
                      StatedSpace(config.space(), field["space"]));
  auto library = OpenLibrary(config.library(), field["library"]);
  if (!library) return field["library"].In(library.error());
  auto evaluator = library->MakeEvaluator(space, config.config());
  if (!evaluator) return field.In(evaluator.error());
  return std::make_unique<PluginPlan>(
      *std::move(library), std::move(space), *std::move(evaluator));
}

}  // namespace rankadaptor::runners
