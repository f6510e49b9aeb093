#include "experiments/gpu/bench_input.h"

#include <cstdint>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

namespace rankadaptor::gpu_bench {
namespace {

using Ids = std::vector<int32_t>;

BenchInput Parse(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text);
  BenchInput input;
  for (const nlohmann::json& row : json.at("rows")) {
    Ids ids = row.get<Ids>();
    input.data.rows.push_back({.ids = ids, .labels = ids});
  }
  for (const nlohmann::json& request : json.at("requests")) {
    Ids context = request.at("context").get<Ids>();
    for (const nlohmann::json& continuation : request.at("continuations")) {
      input.requests.push_back({context, continuation.get<Ids>()});
    }
  }
  return input;
}

}  // namespace

Result<BenchInput> ReadBenchInput(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
  try {
    BenchInput input = Parse(text);
    if (input.data.rows.empty() || input.requests.empty()) {
      return InvalidArgument(file.string() + ": has no rows or no requests");
    }
    return input;
  } catch (const nlohmann::json::exception& exception) {
    return InvalidArgument(file.string() + ": " + exception.what());
  }
}

}  // namespace rankadaptor::gpu_bench
