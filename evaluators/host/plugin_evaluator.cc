#include "evaluators/host/plugin_evaluator.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rankadaptor::plugin {
namespace {

// What a call of the plug-in said.
struct Said {
  std::string error = "it gave no reason";
  std::optional<double> objective;
  std::vector<Metric> metrics;
};

Said& SaidTo(void* sink) { return *static_cast<Said*>(sink); }

RaSink SinkFor(Said& said) {
  return {.struct_size = sizeof(RaSink),
          .sink = &said,
          .set_error =
              [](void* sink, const char* message) {
                if (message != nullptr) SaidTo(sink).error = message;
              },
          .set_objective =
              [](void* sink, double objective) {
                SaidTo(sink).objective = objective;
              },
          .add_metric =
              [](void* sink, const char* name, double value) {
                SaidTo(sink).metrics.push_back(
                    {name != nullptr ? name : "", value});
              }};
}

tl::unexpected<Error> ErrorOf(const RaEvaluatorPlugin& plugin,
                              int32_t code,
                              const Said& said) {
  const std::string message = std::string(plugin.name) + ": " + said.error;
  switch (code) {
    case RA_PLUGIN_INVALID_ARGUMENT:
      return InvalidArgument(message);
    case RA_PLUGIN_CANCELLED:
      return Cancelled(message);
    default:
      return Internal(message);
  }
}

// The space as the border has it; points into `space`.
class BorderSpace {
 public:
  explicit BorderSpace(const SearchSpace& space) {
    const auto count = static_cast<size_t>(space.num_parameters());
    labels_.resize(count);
    parameters_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      const Parameter& from = space.parameters()[i];
      for (const std::string& label : from.labels) {
        labels_[i].push_back(label.c_str());
      }
      parameters_[i] = {
          .struct_size = sizeof(RaParameter),
          .kind = from.kind == ParameterKind::kCategorical
                      ? RA_PLUGIN_CATEGORICAL
                      : RA_PLUGIN_ORDINAL,
          .name = from.name.c_str(),
          .num_choices = static_cast<uint32_t>(from.choices.size()),
          .choices = from.choices.data(),
          .labels = labels_[i].empty() ? nullptr : labels_[i].data()};
      pointers_.push_back(&parameters_[i]);
    }
  }

  uint32_t size() const { return static_cast<uint32_t>(pointers_.size()); }
  const RaParameter* const* data() const { return pointers_.data(); }

 private:
  std::vector<std::vector<const char*>> labels_;
  std::vector<RaParameter> parameters_;
  std::vector<const RaParameter*> pointers_;
};

TrialContext& ContextOf(void* context) {
  return *static_cast<TrialContext*>(context);
}

RaTrial TrialFor(const Configuration& configuration, TrialContext& trial) {
  return {.struct_size = sizeof(RaTrial),
          .split = trial.split() == ItemSplit::kConfirm
                       ? RA_PLUGIN_SPLIT_CONFIRM
                       : RA_PLUGIN_SPLIT_SEARCH,
          .trial_id = trial.trial_id(),
          .seed = trial.seed(),
          .choices = configuration.choices.data(),
          .num_parameters = static_cast<uint32_t>(configuration.choices.size()),
          .context = &trial,
          .cancelled = [](void* context) -> int32_t {
            return ContextOf(context).cancelled() ? 1 : 0;
          },
          .report =
              [](void* context, double fraction_done, double value) {
                ContextOf(context).Report(fraction_done, value);
              }};
}

}  // namespace

Result<std::unique_ptr<Evaluator>> PluginEvaluator::Create(
    const RaEvaluatorPlugin& plugin,
    const SearchSpace& space,
    std::string_view config) {
  const BorderSpace border(space);
  const RaCreateArguments arguments = {.struct_size = sizeof(arguments),
                                       .num_parameters = border.size(),
                                       .parameters = border.data(),
                                       .config = config.data(),
                                       .config_size = config.size()};
  Said said;
  const RaSink sink = SinkFor(said);
  void* evaluator = nullptr;
  const int32_t code = plugin.create(&arguments, &sink, &evaluator);
  if (code != RA_PLUGIN_OK) return ErrorOf(plugin, code, said);
  if (evaluator == nullptr) {
    return Internal(std::string(plugin.name) + ": created nothing");
  }
  return std::unique_ptr<Evaluator>(new PluginEvaluator(plugin, evaluator));
}

PluginEvaluator::PluginEvaluator(const RaEvaluatorPlugin& plugin,
                                 void* evaluator)
    : plugin_(plugin),
      evaluator_(evaluator),
      capabilities_{
          .name = plugin.name,
          .version = plugin.version,
          .thread_safe = (plugin.capabilities & RA_PLUGIN_THREAD_SAFE) != 0,
          .deterministic =
              (plugin.capabilities & RA_PLUGIN_DETERMINISTIC) != 0} {}

PluginEvaluator::~PluginEvaluator() { plugin_.destroy(evaluator_); }

Result<Measurement> PluginEvaluator::Evaluate(
    const Configuration& configuration, TrialContext& trial) {
  Said said;
  const RaSink sink = SinkFor(said);
  const RaTrial border = TrialFor(configuration, trial);
  const int32_t code = plugin_.evaluate(evaluator_, &border, &sink);
  if (code != RA_PLUGIN_OK) return ErrorOf(plugin_, code, said);
  if (!said.objective) {
    return Internal(std::string(plugin_.name) + ": returned no objective");
  }
  if (!std::isfinite(*said.objective)) {
    return Internal(std::string(plugin_.name) + ": returned the objective " +
                    std::to_string(*said.objective) + ", which is not finite");
  }
  return Measurement{.objective = *said.objective,
                     .metrics = std::move(said.metrics)};
}

}  // namespace rankadaptor::plugin
