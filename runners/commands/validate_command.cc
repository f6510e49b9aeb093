#include "runners/commands/validate_command.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/pretrain.pb.h"
#include "rankadaptor/v1/prune.pb.h"
#include "rankadaptor/v1/recover.pb.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/commands/shared_options.h"
#include "runners/config/config_reader.h"
#include "runners/llama/configured_pruning.h"
#include "runners/llama/configured_recovery.h"
#include "runners/study/configured_search.h"
#include "runners/study/evaluator_plan.h"
#include "runners/sweep/sweep_plan.h"
#include "runners/terminal/standard_output.h"

namespace rankadaptor::runners {
namespace {

Status CheckStudy(const v1::SearchConfig& config, const ConfigSource& source) {
  auto plan = MakeEvaluatorPlan(config, source);
  if (!plan) return tl::unexpected(plan.error());
  return CheckSearch(config, source, **plan);
}

}  // namespace

ValidateCommand::ValidateCommand(CLI::App& parent)
    : Command(parent.add_subcommand("validate",
                                    "Check a config and the files it names")) {
  app()
      .add_option("config", config_file_, "A config of any command")
      ->required();
  AddOverrides(app(), &overrides_);
}

Status ValidateCommand::Run(CommandContext& /*context*/) {
  // Each kind of config has a field that no other has.
  struct Kind {
    const char* field;
    const char* command;
    Status (ValidateCommand::*validate)() const;
  };
  constexpr Kind kKinds[] = {
      {"base", "sweep", &ValidateCommand::ValidateSweep},
      {"evaluator", "search", &ValidateCommand::ValidateSearch},
      {"pruning", "prune", &ValidateCommand::ValidatePrune},
      {"recovery", "recover", &ValidateCommand::ValidateRecover},
      {"tokenizer", "pretrain", &ValidateCommand::ValidatePretrain}};
  RA_ASSIGN_OR_RETURN(std::vector<std::string> fields,
                      ReadTopLevelFields(config_file_));
  for (const Kind& kind : kKinds) {
    if (std::find(fields.begin(), fields.end(), kind.field) == fields.end()) {
      continue;
    }
    RA_RETURN_IF_ERROR((this->*kind.validate)());
    PrintLine(config_file_.string() + ": a valid config for rankadaptor " +
              kind.command);
    return {};
  }
  return InvalidArgument(
      config_file_.string() +
      ": is no config: it has none of the fields evaluator (search), base "
      "(sweep), pruning (prune), recovery (recover), tokenizer (pretrain)");
}

Status ValidateCommand::ValidateSearch() const {
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file_, overrides_, &config));
  return CheckStudy(config, source);
}

Status ValidateCommand::ValidateSweep() const {
  if (!overrides_.empty()) {
    return InvalidArgument("--set " + overrides_[0] +
                           ": is not for a sweep; change its base or axes");
  }
  RA_ASSIGN_OR_RETURN(const SweepPlan sweep, ReadSweepPlan(config_file_));
  for (const SweepStudy& study : sweep.studies) {
    v1::SearchConfig config;
    RA_ASSIGN_OR_RETURN(ConfigSource source,
                        ReadStudyConfig(sweep, study, &config));
    RA_RETURN_IF_ERROR(CheckStudy(config, source));
  }
  return {};
}

Status ValidateCommand::ValidatePrune() const {
  v1::PruneConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file_, overrides_, &config));
  return CheckPruning(config.pruning(), ConfigField(source)["pruning"]);
}

Status ValidateCommand::ValidateRecover() const {
  v1::RecoverConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file_, overrides_, &config));
  return CheckRecoveryData(config.recovery().data(),
                           ConfigField(source)["recovery"]["data"]);
}

Status ValidateCommand::ValidatePretrain() const {
  v1::PretrainConfig config;
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfigFile(config_file_, overrides_, &config));
  const ConfigField root(source);
  auto tokenizer = llama::Tokenizer::Load(root.Resolve(config.tokenizer()));
  if (!tokenizer) return root["tokenizer"].In(tokenizer.error());
  return root["data"]["text_file"].CheckIsFile(config.data().text_file());
}

}  // namespace rankadaptor::runners
