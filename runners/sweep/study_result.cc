#include "runners/sweep/study_result.h"

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

namespace rankadaptor::runners {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRevision = 1;

const char* KindName(ResultRow::Kind kind) {
  switch (kind) {
    case ResultRow::Kind::kReference:
      return "reference";
    case ResultRow::Kind::kBaseline:
      return "baseline";
    default:
      return "found";
  }
}

ResultRow::Kind KindNamed(const std::string& name) {
  for (auto kind : {ResultRow::Kind::kReference, ResultRow::Kind::kBaseline}) {
    if (name == KindName(kind)) return kind;
  }
  return ResultRow::Kind::kFound;
}

Json RowJson(const ResultRow& row) {
  Json json = {{"label", row.label}, {"kind", KindName(row.kind)}};
  json["metrics"] = Json::array();
  for (const ResultMetric& metric : row.metrics) {
    json["metrics"].push_back({{"name", metric.name},
                               {"minimised", metric.minimised},
                               {"samples", metric.samples}});
  }
  return json;
}

ResultRow RowFrom(const Json& json) {
  ResultRow row{.label = json.at("label"), .kind = KindNamed(json.at("kind"))};
  for (const Json& metric : json.at("metrics")) {
    row.metrics.push_back({.name = metric.at("name"),
                           .minimised = metric.at("minimised"),
                           .samples = metric.at("samples")});
  }
  return row;
}

// Throws what nlohmann-json throws.
StudyResult ResultFrom(const Json& json) {
  StudyResult result{.done = json.at("state") == "done",
                     .config = json.at("config"),
                     .message = json.at("message"),
                     .wall_seconds = json.at("wall_seconds")};
  for (const Json& row : json.at("rows")) result.rows.push_back(RowFrom(row));
  return result;
}

}  // namespace

Status WriteStudyResult(const std::filesystem::path& file,
                        const StudyResult& result) {
  Json json = {{"schema_revision", kRevision},
               {"state", result.done ? "done" : "failed"},
               {"config", result.config},
               {"message", result.message},
               {"wall_seconds", result.wall_seconds},
               {"rows", Json::array()}};
  for (const ResultRow& row : result.rows) json["rows"].push_back(RowJson(row));
  return WriteFileAtomically(
      file, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<std::optional<StudyResult>> ReadStudyResult(
    const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  try {
    const Json json = Json::parse(text);
    if (json.at("schema_revision") != kRevision) {
      return DataLoss(file.string() + ": has schema_revision " +
                      json["schema_revision"].dump() + ", this program reads " +
                      std::to_string(kRevision));
    }
    return ResultFrom(json);
  } catch (const Json::exception& e) {
    return DataLoss(file.string() + ": is damaged: " + e.what());
  }
}

}  // namespace rankadaptor::runners
