#include "runners/llama/preview_file.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/random_stream.h"

#include "runners/config/config_text.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

using Json = nlohmann::ordered_json;

Json SourceJson(const SourceStudy& source, const SearchSpace& space) {
  Json json = {{"name", source.name}, {"ranks", Json::array()}};
  for (const Configuration& configuration : source.configurations) {
    json["ranks"].push_back(space.Values(configuration));
  }
  json["values"] = source.values;
  return json;
}

// Throws what nlohmann-json throws; empty for ranks that are not of the space.
std::optional<SourceStudy> SourceFrom(const Json& json,
                                      const SearchSpace& space) {
  SourceStudy source;
  source.name = json.at("name");
  source.values = json.at("values").get<std::vector<double>>();
  for (const Json& ranks : json.at("ranks")) {
    auto configuration = space.FromValues(ranks.get<std::vector<double>>());
    if (!configuration) return std::nullopt;
    source.configurations.push_back(*std::move(configuration));
  }
  return source;
}

// Throws what nlohmann-json throws.
std::optional<Preview> PreviewFrom(const Json& json,
                                   const std::string& key,
                                   const SearchSpace& space) {
  if (json.at("key") != key) return std::nullopt;
  Preview preview{.sources = {}, .seconds = json.at("seconds")};
  for (const Json& each : json.at("sources")) {
    std::optional<SourceStudy> source = SourceFrom(each, space);
    if (!source) return std::nullopt;
    preview.sources.push_back(*std::move(source));
  }
  return preview;
}

}  // namespace

std::string PreviewKey(const v1::LlamaEvaluator& config,
                       const SearchSpace& space,
                       uint64_t seed) {
  std::string text;
  for (const auto& [name, value] : FixedFields(config)) {
    text += name + "=" + value + "\n";
  }
  return std::to_string(DeriveSeed(space.Fingerprint(), text, seed));
}

Status WritePreview(const fs::path& file,
                    const std::string& key,
                    const SearchSpace& space,
                    const Preview& preview) {
  Json json = {{"schema_revision", 1},
               {"key", key},
               {"seconds", preview.seconds},
               {"sources", Json::array()}};
  for (const SourceStudy& source : preview.sources) {
    json["sources"].push_back(SourceJson(source, space));
  }
  std::error_code ignored;  // the write says what is wrong
  fs::create_directories(file.parent_path(), ignored);
  return WriteFileAtomically(file, json.dump() + "\n");
}

std::optional<Preview> ReadPreview(const fs::path& file,
                                   const std::string& key,
                                   const SearchSpace& space) {
  auto text = ReadFile(file);
  if (!text) return std::nullopt;
  try {
    return PreviewFrom(Json::parse(*text), key, space);
  } catch (const Json::exception&) {
    return std::nullopt;  // cut off or edited: it is made again
  }
}

}  // namespace rankadaptor::runners
