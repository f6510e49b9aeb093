// For authors: makes a shared library of an Evaluator, which programs then load
// with plugin_library.h.
//
//   class Sphere final : public rankadaptor::Evaluator {
//    public:
//     static Result<std::unique_ptr<Evaluator>> Create(
//         const rankadaptor::plugin::CreateContext& context);
//     ...
//   };
//   RANKADAPTOR_EXPORT_EVALUATOR(Sphere, "acme.sphere", "0.1.0",
//                                RA_PLUGIN_THREAD_SAFE);
//
// The name and version that are exported stand for those in capabilities().
// An exception becomes an error of the trial, or of Create().
//
// Thread-safety: as the evaluator's.
#ifndef RANKADAPTOR_PLUGIN_EVALUATOR_PLUGIN_H_
#define RANKADAPTOR_PLUGIN_EVALUATOR_PLUGIN_H_

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rankadaptor/plugin/plugin_abi.h"
#include "rankadaptor/search/evaluator.h"

namespace rankadaptor::plugin {

// What an evaluator is made from.
struct CreateContext {
  SearchSpace space;
  // The bytes that the user gave, in a format of the evaluator's choice: check
  // them here, not at the first trial.
  std::string_view config;  // borrowed for the call
};

namespace internal {

inline int32_t CodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return RA_PLUGIN_INVALID_ARGUMENT;
    case ErrorCode::kCancelled:
      return RA_PLUGIN_CANCELLED;
    default:
      return RA_PLUGIN_FAILED;
  }
}

inline int32_t Fail(const RaSink& sink, const Error& error) {
  sink.set_error(sink.sink, error.message.c_str());
  return CodeOf(error.code);
}

// Runs `body`, which returns a code; nothing is thrown.
template <typename Body>
int32_t WithoutExceptions(const RaSink& sink, const Body& body) noexcept {
  try {
    return body();
  } catch (const std::exception& error) {
    sink.set_error(sink.sink, error.what());
  } catch (...) {
    sink.set_error(sink.sink, "it threw something that is no std::exception");
  }
  return RA_PLUGIN_FAILED;
}

inline Result<SearchSpace> SpaceOf(const RaCreateArguments& arguments) {
  std::vector<Parameter> parameters;
  for (uint32_t i = 0; i < arguments.num_parameters; ++i) {
    const RaParameter& from = *arguments.parameters[i];
    Parameter& to = parameters.emplace_back();
    to.name = from.name;
    to.choices.assign(from.choices, from.choices + from.num_choices);
    to.kind = from.kind == RA_PLUGIN_CATEGORICAL ? ParameterKind::kCategorical
                                                 : ParameterKind::kOrdinal;
    if (from.labels != nullptr) {
      to.labels.assign(from.labels, from.labels + from.num_choices);
    }
  }
  return SearchSpace::Create(std::move(parameters));
}

// The host's trial as the evaluator sees it.
class HostTrial final : public TrialContext {
 public:
  explicit HostTrial(const RaTrial& trial) : trial_(trial) {}
  int64_t trial_id() const override { return trial_.trial_id; }
  uint64_t seed() const override { return trial_.seed; }
  ItemSplit split() const override {
    return trial_.split == RA_PLUGIN_SPLIT_CONFIRM ? ItemSplit::kConfirm
                                                   : ItemSplit::kSearch;
  }
  bool cancelled() const override {
    return trial_.cancelled(trial_.context) != 0;
  }
  void Report(double fraction_done, double value) override {
    trial_.report(trial_.context, fraction_done, value);
  }

 private:
  const RaTrial& trial_;
};

template <typename E>
int32_t Create(const RaCreateArguments* arguments,
               const RaSink* sink,
               void** evaluator) noexcept {
  return WithoutExceptions(*sink, [&] {
    Result<SearchSpace> space = SpaceOf(*arguments);
    if (!space) return Fail(*sink, space.error());
    Result<std::unique_ptr<Evaluator>> made =
        E::Create({.space = std::move(*space),
                   .config = {arguments->config,
                              static_cast<size_t>(arguments->config_size)}});
    if (!made) return Fail(*sink, made.error());
    *evaluator = made->release();
    return RA_PLUGIN_OK;
  });
}

inline int32_t Evaluate(void* evaluator,
                        const RaTrial* trial,
                        const RaSink* sink) noexcept {
  return WithoutExceptions(*sink, [&] {
    const Configuration configuration{
        {trial->choices, trial->choices + trial->num_parameters}};
    HostTrial context(*trial);
    const Result<Measurement> measured =
        static_cast<Evaluator*>(evaluator)->Evaluate(configuration, context);
    if (!measured) return Fail(*sink, measured.error());
    sink->set_objective(sink->sink, measured->objective);
    for (const Metric& metric : measured->metrics) {
      sink->add_metric(sink->sink, metric.name.c_str(), metric.value);
    }
    return RA_PLUGIN_OK;
  });
}

inline void Destroy(void* evaluator) noexcept {
  delete static_cast<Evaluator*>(evaluator);
}

}  // namespace internal
}  // namespace rankadaptor::plugin

// Once, at namespace scope, in one source of the library. `capabilities` are
// bits of plugin_abi.h, or 0.
#define RANKADAPTOR_EXPORT_EVALUATOR(Type, name, version, capabilities)      \
  extern "C" __attribute__((visibility("default"))) const RaEvaluatorPlugin* \
  ra_evaluator_plugin_entry(uint32_t host_major, uint32_t) {                 \
    static const RaEvaluatorPlugin plugin = {                                \
        sizeof(RaEvaluatorPlugin),                                           \
        RA_PLUGIN_ABI_MAJOR,                                                 \
        RA_PLUGIN_ABI_MINOR,                                                 \
        (capabilities),                                                      \
        (name),                                                              \
        (version),                                                           \
        __VERSION__,                                                         \
        &rankadaptor::plugin::internal::Create<Type>,                        \
        &rankadaptor::plugin::internal::Evaluate,                            \
        &rankadaptor::plugin::internal::Destroy};                            \
    return host_major == RA_PLUGIN_ABI_MAJOR ? &plugin : nullptr;            \
  }                                                                          \
  static_assert(true, "wants a semicolon")

#endif  // RANKADAPTOR_PLUGIN_EVALUATOR_PLUGIN_H_
