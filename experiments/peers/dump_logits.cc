// dump_logits: what this project computes for given token ids, for comparison
// with other programs.
//
//   dump_logits --model DIR [--adapter DIR] --ids FILE --out PREFIX
//
// FILE holds a JSON list of lists of ids. Writes PREFIX.logits, the fp32 logits
// of all positions one after the other ([total positions, vocab], little-endian
// and row-major; the adapter folded into the weights), and PREFIX.json, for
// each list the log-likelihood of all ids but the first (the adapter beside the
// weights). Exit codes: 0 done; 1 failed; 2 bad usage or input.
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/scorer.h"

namespace rankadaptor {
namespace {

using IdLists = std::vector<std::vector<int32_t>>;

struct Arguments {
  std::string model;
  std::string adapter;  // empty: none
  std::string ids;
  std::string out;
};

Result<IdLists> ReadIds(const std::string& file) {
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
  try {
    return nlohmann::json::parse(text).get<IdLists>();
  } catch (const nlohmann::json::exception& exception) {
    return InvalidArgument(file + ": " + exception.what());
  }
}

Status WriteLogits(const llama::Model& model,
                   const IdLists& lists,
                   const std::string& file) {
  RA_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
  for (const std::vector<int32_t>& ids : lists) {
    RA_ASSIGN_OR_RETURN(std::vector<float> logits, model.Logits(ids));
    RA_RETURN_IF_ERROR(out.Append({reinterpret_cast<const char*>(logits.data()),
                                   logits.size() * sizeof(float)}));
  }
  return out.Commit();
}

Status WriteLogLikelihoods(const llama::Model& model,
                           const llama::Adapter* adapter,
                           const IdLists& lists,
                           const std::string& file) {
  std::vector<llama::EncodedRequest> requests;
  for (const std::vector<int32_t>& ids : lists) {
    requests.push_back({{ids.front()}, {ids.begin() + 1, ids.end()}});
  }
  RA_ASSIGN_OR_RETURN(std::vector<llama::RequestScore> scores,
                      llama::ScoreRequests(model, adapter, requests, {}));
  nlohmann::json sums = nlohmann::json::array();
  for (const llama::RequestScore& score : scores) {
    sums.push_back(score.log_likelihood);
  }
  return WriteFileAtomically(file, sums.dump() + "\n");
}

Status Run(const Arguments& arguments) {
  RA_ASSIGN_OR_RETURN(IdLists lists, ReadIds(arguments.ids));
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Model::Load(arguments.model, {}));
  std::string json_file = arguments.out + ".json";
  std::string logits_file = arguments.out + ".logits";
  if (arguments.adapter.empty()) {
    RA_RETURN_IF_ERROR(WriteLogLikelihoods(model, nullptr, lists, json_file));
    return WriteLogits(model, lists, logits_file);
  }
  RA_ASSIGN_OR_RETURN(llama::Adapter adapter,
                      llama::Adapter::Load(arguments.adapter, model));
  RA_RETURN_IF_ERROR(WriteLogLikelihoods(model, &adapter, lists, json_file));
  RA_ASSIGN_OR_RETURN(llama::Model merged, llama::Merge(model, adapter));
  return WriteLogits(merged, lists, logits_file);
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("What this project computes for given token ids");
  app.add_option("--model", arguments.model)->required();
  app.add_option("--adapter", arguments.adapter, "a PEFT folder");
  app.add_option("--ids", arguments.ids, "a JSON list of lists")->required();
  app.add_option("--out", arguments.out, "prefix of two files")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  Status status = Run(arguments);
  if (status.has_value()) return 0;
  const Error& error = status.error();
  std::fprintf(stderr, "dump_logits: %s\n", error.message.c_str());
  bool bad_input = error.code == ErrorCode::kInvalidArgument ||
                   error.code == ErrorCode::kNotFound ||
                   error.code == ErrorCode::kDataLoss;
  return bad_input ? 2 : 1;
}

}  // namespace
}  // namespace rankadaptor

int main(int argc, char** argv) { return rankadaptor::Main(argc, argv); }
