#include "runners/commands/evaluate_trials_command.h"

#include <cstdio>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "rankadaptor/process/serve_evaluator.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_reader.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {
namespace {

using process::EvaluatorRequest;
using process::ServedEvaluator;

// The search adds the time and who says it.
class PlainLines final : public LogSink {
 public:
  void Write(LogLevel /*level*/, std::string_view message) override {
    std::fprintf(stderr, "%s\n", std::string(message).c_str());
  }
};

}  // namespace

EvaluateTrialsCommand::EvaluateTrialsCommand(CLI::App& parent)
    : Command(parent.add_subcommand("evaluate-trials",
                                    "What a search with `isolation` starts")) {
  app().group("");
  app().add_option("--config", document_)->required();
  app().add_option("--artifacts", artifacts_)->required();
}

Status EvaluateTrialsCommand::Run(CommandContext& context) {
  const process::ProtocolPipes pipes = process::TakeStandardPipes();
  PlainLines log;
  std::unique_ptr<EvaluatorPlan> plan;  // outlives what it makes
  return process::ServeEvaluator(
      pipes, [&](const EvaluatorRequest& request) -> Result<ServedEvaluator> {
        v1::SearchConfig config;
        RA_ASSIGN_OR_RETURN(const ConfigSource source,
                            ReadConfig(request.config, document_, {}, &config));
        RA_ASSIGN_OR_RETURN(plan, MakeEvaluatorPlan(config, source));
        ServedEvaluator served;
        RA_ASSIGN_OR_RETURN(
            served.evaluator,
            plan->MakeEvaluator({.log = log,
                                 .cancellation = context.cancellation,
                                 .artifacts = artifacts_}));
        served.capabilities = served.evaluator->capabilities();
        served.space = plan->space();
        return served;
      });
}

}  // namespace rankadaptor::runners
