#include "runners/serve/study_file.h"

#include <optional>
#include <string>
#include <utility>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/version.h"

#include "runners/serve/json_field.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kEvaluator[] = "ask and tell";

struct Difference {
  std::string path;
  std::string before;
  std::string now;
};

std::string SizeText(const json& list) {
  return std::to_string(list.size()) + " entries";
}

std::optional<Difference> FirstDifference(const std::string& path,
                                          const json& before,
                                          const json& now) {
  if (before == now) return {};
  if (before.is_array() && now.is_array()) {
    if (before.size() != now.size()) {
      return Difference{path, SizeText(before), SizeText(now)};
    }
    for (size_t i = 0; i < before.size(); ++i) {
      const std::string entry = path + "[" + std::to_string(i) + "]";
      if (auto d = FirstDifference(entry, before[i], now[i])) return d;
    }
  }
  if (before.is_object() && now.is_object()) {
    for (const json& fields : {before, now}) {
      for (const auto& [name, ignored] : fields.items()) {
        auto d = FirstDifference(path + "." + name,
                                 before.value(name, json()),
                                 now.value(name, json()));
        if (d) return d;
      }
    }
  }
  return Difference{path, ShortText(before), ShortText(now)};
}

// What must not change, with defaults filled in.
json FixedFields(const json& request) {
  json space = request["space"];
  for (json& parameter : space["parameters"]) {
    parameter.emplace("type", "ordinal");
    parameter.erase("descriptors");  // they do not say what a trial means
  }
  return {{"space", std::move(space)},
          {"constraints", request.value("constraints", json::array())},
          {"direction", request.value("direction", "maximize")}};
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> OpenStudyFile(const fs::path& file,
                                                   Durability durability) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::unique_ptr<SqliteStore>();
  RA_ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store,
                      SqliteStore::Open(file, durability));
  if (store->header().evaluator != kEvaluator) {
    return InvalidArgument(file.string() +
                           ": was made by another command than serve; name "
                           "another study");
  }
  return store;
}

Result<json> ContinuedRequest(const SqliteStore& store,
                              const fs::path& file,
                              const json& create) {
  json stored = json::parse(store.header().config, nullptr, false);
  if (!stored.is_object() || !stored.contains("space")) {
    return DataLoss(file.string() + ": is damaged: has no request");
  }
  const json before = FixedFields(stored);
  json given = create;
  if (!given.contains("direction")) given["direction"] = before["direction"];
  const json now = FixedFields(given);
  for (const char* field : {"space", "constraints", "direction"}) {
    auto difference = FirstDifference(field, before[field], now[field]);
    if (!difference) continue;
    return InvalidArgument(file.string() + ": was made with " +
                           difference->path + " = " + difference->before +
                           ", now it is " + difference->now +
                           "; name another study");
  }
  stored.update(given);
  return stored;
}

Status SaveRequest(const fs::path& file,
                   const json& request,
                   uint64_t seed,
                   Durability durability,
                   std::unique_ptr<SqliteStore>& store) {
  json saved = request;
  saved.erase("op");
  saved.erase("study");
  const std::string config =
      saved.dump(-1, ' ', false, json::error_handler_t::replace);
  if (store != nullptr) {
    if (store->header().config == config) return {};
    return store->ReplaceConfig(seed, config);
  }
  const StudyHeader header{
      .fingerprint = std::string("serve ") + kVersion,
      .seed = seed,
      .evaluator = kEvaluator,
      .config = config,
      .config_file = "",
      .created_unix_microseconds = SystemClock().UnixMicroseconds()};
  RA_ASSIGN_OR_RETURN(store, SqliteStore::Create(file, header, durability));
  return {};
}

}  // namespace rankadaptor::runners
