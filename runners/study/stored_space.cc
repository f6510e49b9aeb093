#include "runners/study/stored_space.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "runners/config/config_reader.h"
#include "runners/serve/create_request.h"
#include "runners/study/stated_space.h"
#include "runners/study/tied_plan.h"

namespace rankadaptor::runners {
namespace {

Result<StoredSpace> OfExternal(const v1::SearchConfig& config,
                               const ConfigSource& source) {
  const v1::EvaluatorConfig& evaluator = config.evaluator();
  const v1::ProcessEvaluator& process = evaluator.process();
  RA_ASSIGN_OR_RETURN(
      const SearchSpace space,
      StatedSpace(
          evaluator.has_plugin() ? evaluator.plugin().space() : process.space(),
          ConfigField(source)["evaluator"]));
  RA_ASSIGN_OR_RETURN(const TiedSpace tied, TieSpace(space, config, source));
  StoredSpace stored{.space = tied.space(),
                     .objective = {.name = "objective"},
                     .plan = nullptr};
  if (process.objective().has_name()) {
    stored.objective.name = process.objective().name();
  }
  stored.objective.minimised = process.objective().minimised();
  return stored;
}

Result<StoredSpace> OfConfig(const StudyHeader& header) {
  v1::SearchConfig config;
  RA_ASSIGN_OR_RETURN(
      const ConfigSource source,
      ReadConfig(header.config, header.config_file, {}, &config));
  if (config.evaluator().has_plugin() || config.evaluator().has_process()) {
    return OfExternal(config, source);
  }
  RA_ASSIGN_OR_RETURN(std::shared_ptr<EvaluatorPlan> plan,
                      MakeEvaluatorPlan(config, source));
  return StoredSpace{
      .space = plan->space(), .objective = plan->objective(), .plan = plan};
}

Result<StoredSpace> OfRequest(const StudyHeader& header) {
  const auto json = nlohmann::json::parse(header.config, nullptr, false);
  RA_ASSIGN_OR_RETURN(const CreateRequest request,
                      ParseCreateRequest(JsonField(json, "config")));
  return StoredSpace{
      .space = request.space.space(),
      .objective = {.name = "objective",
                    .minimised = request.direction == Direction::kMinimize},
      .plan = nullptr};
}

}  // namespace

Result<StoredSpace> ReadStoredSpace(const StudyHeader& header) {
  return header.config_file.empty() ? OfRequest(header) : OfConfig(header);
}

}  // namespace rankadaptor::runners
