#include "runners/serve/serve_session.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <map>
#include <utility>

#include "runners/serve/json_line.h"
#include "runners/serve/study_file.h"

namespace rankadaptor::runners {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int64_t kMaxCount = 10'000;

// As many random trials as `rankadaptor search` makes before its model.
constexpr int kNumRandomTrials = 10;

std::string Dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

ordered_json Done() { return {{"ok", true}}; }

template <typename T>
ordered_json OrNull(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

std::string ExhaustedText(const SearchSpace& space) {
  return space.constraints().empty()
             ? "every configuration of the space was handed out"
             : "no configuration that keeps the constraints is left that was "
               "not handed out";
}

}  // namespace

std::string ErrorReply(const std::string& message) {
  return Dump({{"error", message}});
}

std::string ServeSession::Reply(std::string_view line) {
  auto reply = TryReply(line);
  return reply ? *std::move(reply) : ErrorReply(reply.error().message);
}

Result<std::string> ServeSession::TryReply(std::string_view line) {
  try {
    RA_ASSIGN_OR_RETURN(const ordered_json answer, Handle(line));
    return Dump(answer);
  } catch (const std::exception& error) {
    // Libraries are expected to return Errors; what is left is mostly memory.
    return Internal(error.what());
  }
}

ServeSession::Answer ServeSession::Handle(std::string_view line) {
  RA_ASSIGN_OR_RETURN(const json object, ParseJsonLine(line));
  const JsonField request(object, "");
  RA_ASSIGN_OR_RETURN(JsonField op, request.Required("op"));
  using Method = Answer (ServeSession::*)(const JsonField&);
  const std::map<json, Method> methods = {
      {"create", &ServeSession::Create},
      {"enqueue", &ServeSession::Enqueue},
      {"ask", &ServeSession::Ask},
      {"tell", &ServeSession::Tell},
      {"best", &ServeSession::Best},
      {"trials", &ServeSession::Trials},
      {"importance", &ServeSession::Importance}};
  auto method = methods.find(op.value());
  if (method == methods.end()) {
    return op.Wrong(
        "is not \"create\", \"enqueue\", \"ask\", \"tell\", \"best\", "
        "\"trials\" or \"importance\"");
  }
  if (study_ == nullptr && op.value() != "create") {
    return FailedPrecondition("there is no study yet; create one before " +
                              op.value().get<std::string>());
  }
  return (this->*method->second)(request);
}

// Everything is checked before a file is made.
ServeSession::Answer ServeSession::Create(const JsonField& request) {
  if (study_ != nullptr) {
    return FailedPrecondition(
        "there is a study already; a second one needs a process of its own");
  }
  RA_ASSIGN_OR_RETURN(CreateRequest parsed, ParseCreateRequest(request));
  std::unique_ptr<SqliteStore> file_store;
  std::string file;
  json continued = request.value();
  if (auto study = request.Optional("study")) {
    RA_ASSIGN_OR_RETURN(file, study->Text());
    if (file.empty()) return study->Wrong("is not a file name");
    RA_ASSIGN_OR_RETURN(file_store, OpenStudyFile(file, durability_));
  }
  if (file_store != nullptr) {
    RA_ASSIGN_OR_RETURN(continued,
                        ContinuedRequest(*file_store, file, request.value()));
    RA_ASSIGN_OR_RETURN(parsed, ParseCreateRequest(JsonField(continued, "")));
  }
  auto strategy = make_strategy_(parsed.strategy,
                                 parsed.space.space(),
                                 {.seed = parsed.seed,
                                  .num_random_trials = kNumRandomTrials,
                                  .fidelities = parsed.fidelities});
  if (!strategy) return InContext("strategy", strategy.error());
  std::unique_ptr<Store> store = std::make_unique<MemoryStore>();
  if (!file.empty()) {
    RA_RETURN_IF_ERROR(
        SaveRequest(file, continued, parsed.seed, durability_, file_store));
    store = std::move(file_store);
  }
  RA_ASSIGN_OR_RETURN(
      study_,
      AskTellStudy::Create(parsed.space.space(),
                           {.store = store.get(),
                            .strategy = *std::move(strategy),
                            .direction = parsed.direction,
                            .sources = std::move(parsed.sources)}));
  store_ = std::move(store);
  space_ = std::move(parsed.space);
  has_fidelities_ = parsed.fidelities.size() > 1;
  return Done();
}

ServeSession::Answer ServeSession::Enqueue(const JsonField& request) {
  RA_RETURN_IF_ERROR(request.CheckFields({"op", "values"}));
  RA_ASSIGN_OR_RETURN(JsonField values, request.Required("values"));
  RA_ASSIGN_OR_RETURN(Configuration configuration, space_->FromValues(values));
  auto id = study_->Enqueue(configuration);
  if (!id) return InContext(values.path(), id.error());
  return ordered_json{{"id", *id}};
}

ServeSession::Answer ServeSession::Ask(const JsonField& request) {
  RA_RETURN_IF_ERROR(request.CheckFields({"op", "count"}));
  int64_t count = 1;
  if (auto field = request.Optional("count")) {
    RA_ASSIGN_OR_RETURN(count, field->Integer(1, kMaxCount));
  }
  RA_ASSIGN_OR_RETURN(std::vector<AskedTrial> asked,
                      study_->Ask(static_cast<int>(count)));
  ordered_json trials = ordered_json::array();
  for (const AskedTrial& trial : asked) {
    trials.push_back(
        {{"id", trial.id}, {"values", space_->Values(trial.configuration)}});
    if (has_fidelities_) trials.back()["fidelity"] = trial.fidelity;
  }
  ordered_json answer = {{"trials", std::move(trials)}};
  if (asked.empty()) answer["done"] = ExhaustedText(space_->space());
  return answer;
}

ServeSession::Answer ServeSession::Tell(const JsonField& request) {
  RA_RETURN_IF_ERROR(request.CheckFields(
      {"op", "id", "score", "state", "reason", "fidelity"}));
  RA_ASSIGN_OR_RETURN(JsonField id_field, request.Required("id"));
  RA_ASSIGN_OR_RETURN(int64_t id,
                      id_field.Integer(0, std::numeric_limits<int64_t>::max()));
  auto score = request.Optional("score");
  auto state = request.Optional("state");
  auto reason = request.Optional("reason");
  auto fidelity = request.Optional("fidelity");
  if (fidelity && !has_fidelities_) {
    return fidelity->Wrong("is given, but the space declares no fidelities");
  }
  if (score.has_value() == state.has_value()) {
    return InvalidArgument(
        "a trial is told with score or with state = \"failed\", and not with "
        "both");
  }
  if (score) {
    if (reason)
      return reason->Wrong("goes with state = \"failed\", not with score");
    RA_ASSIGN_OR_RETURN(double value, score->FiniteNumber());
    std::optional<double> spent;
    if (fidelity) {
      RA_ASSIGN_OR_RETURN(spent, fidelity->FiniteNumber());
    }
    RA_RETURN_IF_ERROR(study_->Tell(id, value, spent));
    return Done();
  }
  if (state->value() != "failed") return state->Wrong("is not \"failed\"");
  std::string text;
  if (reason) {
    RA_ASSIGN_OR_RETURN(text, reason->Text());
  }
  RA_RETURN_IF_ERROR(study_->TellFailed(id, std::move(text)));
  return Done();
}

ServeSession::Answer ServeSession::Best(const JsonField& request) {
  RA_RETURN_IF_ERROR(request.CheckFields({"op"}));
  RA_ASSIGN_OR_RETURN(BestTrials best, study_->Best());
  ordered_json answer = {{"observed", nullptr}, {"recommended", nullptr}};
  if (best.observed) {
    answer["observed"] = {
        {"id", best.observed->id},
        {"values", space_->Values(best.observed->configuration)},
        {"score", best.observed->score}};
  }
  if (best.recommended) {
    answer["recommended"] = {
        {"id", OrNull(best.recommended->id)},
        {"values", space_->Values(best.recommended->configuration)},
        {"predicted", OrNull(best.recommended->predicted)}};
  }
  return answer;
}

ServeSession::Answer ServeSession::Trials(const JsonField& request) {
  RA_RETURN_IF_ERROR(request.CheckFields({"op"}));
  ordered_json trials = ordered_json::array();
  for (const Trial& trial : study_->Told()) {
    ordered_json told = {{"id", trial.id},
                         {"values", space_->Values(trial.configuration)}};
    if (has_fidelities_) told["fidelity"] = trial.fidelity;
    if (trial.state == TrialState::kComplete) {
      told["score"] = trial.measurement.objective;
    } else {
      told["state"] = "failed";
      told["reason"] = trial.reason;
    }
    trials.push_back(std::move(told));
  }
  return ordered_json{{"trials", std::move(trials)}};
}

// By parameter, in the order in which they were given.
ServeSession::Answer ServeSession::Importance(const JsonField& request) {
  RA_RETURN_IF_ERROR(request.CheckFields({"op"}));
  RA_ASSIGN_OR_RETURN(const std::vector<ParameterImportance> known,
                      study_->Importance());
  ordered_json list = ordered_json::array();
  for (int place : space_->places()) {
    if (known.empty()) break;
    auto own = std::ranges::find(known, place, &ParameterImportance::parameter);
    const bool frozen = own == known.end();
    list.push_back({{"main", frozen ? 0.0 : own->main},
                    {"total", frozen ? 0.0 : own->total}});
  }
  return ordered_json{{"importance", std::move(list)}};
}

}  // namespace rankadaptor::runners
