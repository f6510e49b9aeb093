// dump_tokens: how this project tokenises texts, for comparison with other
// programs.
//
//   dump_tokens TOKENIZER_FOLDER TEXTS_FILE OUT_FILE
//
// TEXTS_FILE holds a JSON list of strings. Writes a JSON list with one object
// for each, {"ids": [...], "decoded": "..."}. Exit codes: 0 done; 2 bad usage
// or input.
#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor {
namespace {

Result<std::vector<std::string>> ReadTexts(const std::string& file) {
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
  try {
    return nlohmann::json::parse(text).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& exception) {
    return InvalidArgument(file + ": " + exception.what());
  }
}

Status Run(const std::string& folder,
           const std::string& texts_file,
           const std::string& out_file) {
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(folder));
  RA_ASSIGN_OR_RETURN(std::vector<std::string> texts, ReadTexts(texts_file));
  nlohmann::json results = nlohmann::json::array();
  for (const std::string& text : texts) {
    RA_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer.Encode(text));
    RA_ASSIGN_OR_RETURN(std::string decoded, tokenizer.Decode(ids));
    results.push_back({{"ids", ids}, {"decoded", decoded}});
  }
  return WriteFileAtomically(out_file, results.dump() + "\n");
}

}  // namespace
}  // namespace rankadaptor

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: dump_tokens FOLDER TEXTS OUT\n");
    return 2;
  }
  const rankadaptor::Status status =
      rankadaptor::Run(argv[1], argv[2], argv[3]);
  if (status.has_value()) return 0;
  std::fprintf(stderr, "dump_tokens: %s\n", status.error().message.c_str());
  return 2;
}
