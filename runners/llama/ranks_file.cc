#include "runners/llama/ranks_file.h"

#include <charconv>
#include <string>
#include <string_view>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"

namespace rankadaptor::runners {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 20;
constexpr int kMaxRank = 65536;
constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The next number's text; moves `rest` behind it and one comma.
std::string_view NextToken(std::string_view& rest) {
  rest = Trimmed(rest);
  const std::string_view token =
      rest.substr(0, rest.find_first_of(std::string(kSpace) + ","));
  rest = Trimmed(rest.substr(token.size()));
  if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
  return token;
}

}  // namespace

Result<std::vector<int>> ReadRanksFile(const std::filesystem::path& file,
                                       int num_layers) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxBytes));
  std::string_view rest = Trimmed(text);
  if (rest.size() >= 2 && rest.front() == '[' && rest.back() == ']') {
    rest = Trimmed(rest.substr(1, rest.size() - 2));
  }
  std::vector<int> ranks;
  while (!rest.empty()) {
    const std::string_view token = NextToken(rest);
    int rank = -1;
    const char* end = token.data() + token.size();
    auto [parsed_to, code] = std::from_chars(token.data(), end, rank);
    if (code != std::errc() || parsed_to != end || rank < 0 ||
        rank > kMaxRank) {
      return InvalidArgument(
          file.string() + ": rank of layer " + std::to_string(ranks.size()) +
          " = " + Quote(token) + "; allowed: a whole number in [0, 65536]");
    }
    ranks.push_back(rank);
  }
  if (std::ssize(ranks) != num_layers) {
    return InvalidArgument(
        file.string() + ": has " + std::to_string(ranks.size()) +
        " ranks, the model has " + std::to_string(num_layers) + " layers");
  }
  return ranks;
}

}  // namespace rankadaptor::runners
