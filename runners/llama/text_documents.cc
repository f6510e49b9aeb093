#include "runners/llama/text_documents.h"

#include <string_view>

#include "rankadaptor/common/file.h"

namespace rankadaptor::runners {

Result<std::vector<std::vector<int32_t>>> ReadTextDocuments(
    const std::filesystem::path& file,
    const std::string& separator,
    const llama::Tokenizer& tokenizer) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  std::vector<std::vector<int32_t>> documents;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end =
        separator.empty() ? std::string_view::npos : rest.find(separator);
    RA_ASSIGN_OR_RETURN(std::vector<int32_t> ids,
                        tokenizer.Encode(rest.substr(0, end)));
    if (!ids.empty()) documents.push_back(std::move(ids));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + separator.size());
  }
  if (documents.empty()) {
    return InvalidArgument(file.string() + ": holds no text");
  }
  return documents;
}

}  // namespace rankadaptor::runners
