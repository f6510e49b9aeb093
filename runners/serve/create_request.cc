#include "runners/serve/create_request.h"

#include <limits>
#include <utility>

#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/strategy_factory.h"

namespace rankadaptor::runners {
namespace {

Result<Direction> ParseDirection(const JsonField& create) {
  auto field = create.Optional("direction");
  if (!field || field->value() == "maximize") return Direction::kMaximize;
  if (field->value() == "minimize") return Direction::kMinimize;
  return field->Wrong("is not \"maximize\" or \"minimize\"");
}

// The budget is only a note: whoever asks decides when to stop.
Status CheckBudget(const JsonField& create) {
  auto field = create.Optional("budget");
  if (!field) return {};
  RA_ASSIGN_OR_RETURN([[maybe_unused]] int64_t budget,
                      field->Integer(1, std::numeric_limits<int64_t>::max()));
  return {};
}

Result<std::vector<double>> ParseFidelities(const JsonField& space) {
  std::vector<double> fidelities;
  auto field = space.Optional("fidelities");
  if (!field) return std::vector<double>{1};
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, field->List());
  for (const JsonField& entry : list) {
    RA_ASSIGN_OR_RETURN(fidelities.emplace_back(), entry.FiniteNumber());
  }
  if (Status s = CheckFidelities(fidelities); !s) {
    return field->Wrong(
        "is not a strictly ascending list of numbers in "
        "(0, 1] with 1 at the end");
  }
  return fidelities;
}

Result<SourceStudy> ParseSource(const JsonField& field,
                                const ServedSpace& of_study) {
  RA_RETURN_IF_ERROR(
      field.CheckFields({"name", "parameters", "configurations", "scores"}));
  SourceStudy source;
  ServedSpace space = of_study;
  if (auto parameters = field.Optional("parameters")) {
    RA_ASSIGN_OR_RETURN(space, ServedSpace::ParseParameters(*parameters));
    source.parameters = space.space().parameters();
  }
  source.name = field.path();
  if (auto name = field.Optional("name")) {
    RA_ASSIGN_OR_RETURN(source.name, name->Text());
  }
  RA_ASSIGN_OR_RETURN(JsonField configurations,
                      field.Required("configurations"));
  RA_ASSIGN_OR_RETURN(JsonField scores, field.Required("scores"));
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> rows, configurations.List());
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> values, scores.List());
  if (rows.size() != values.size()) {
    return scores.Wrong("has " + std::to_string(values.size()) +
                        " scores for " + std::to_string(rows.size()) +
                        " configurations");
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    RA_ASSIGN_OR_RETURN(Configuration row, space.FromValues(rows[i]));
    RA_ASSIGN_OR_RETURN(double value, values[i].FiniteNumber());
    source.configurations.push_back(std::move(row));
    source.values.push_back(value);
  }
  return source;
}

Result<std::vector<SourceStudy>> ParseSources(const JsonField& create,
                                              const ServedSpace& space) {
  std::vector<SourceStudy> sources;
  auto field = create.Optional("sources");
  if (!field) return sources;
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, field->List());
  for (const JsonField& entry : list) {
    RA_ASSIGN_OR_RETURN(SourceStudy source, ParseSource(entry, space));
    if (!source.values.empty()) sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace

Result<CreateRequest> ParseCreateRequest(const JsonField& create) {
  RA_RETURN_IF_ERROR(create.CheckFields({"op",
                                         "space",
                                         "direction",
                                         "budget",
                                         "seed",
                                         "strategy",
                                         "sources",
                                         "constraints",
                                         "study"}));
  RA_ASSIGN_OR_RETURN(ServedSpace space, ServedSpace::Parse(create));
  RA_ASSIGN_OR_RETURN(Direction direction, ParseDirection(create));
  RA_RETURN_IF_ERROR(CheckBudget(create));
  RA_ASSIGN_OR_RETURN(
      std::vector<double> fidelities,
      ParseFidelities(JsonField(create.value()["space"], "space")));
  uint64_t seed = 0;
  if (auto field = create.Optional("seed")) {
    RA_ASSIGN_OR_RETURN(seed, field->Unsigned());
  }
  std::string strategy = kDefaultStrategy;
  if (auto field = create.Optional("strategy")) {
    RA_ASSIGN_OR_RETURN(strategy, field->Text());
  }
  RA_ASSIGN_OR_RETURN(std::vector<SourceStudy> sources,
                      ParseSources(create, space));
  return CreateRequest{.space = std::move(space),
                       .direction = direction,
                       .seed = seed,
                       .strategy = std::move(strategy),
                       .fidelities = std::move(fidelities),
                       .sources = std::move(sources)};
}

}  // namespace rankadaptor::runners
