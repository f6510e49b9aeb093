#include "runners/store/study_location.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace rankadaptor::runners {
namespace {

constexpr size_t kMaxNameBytes = 200;

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (code != std::errc() || digits.size() != 2 || end != digits.data() + 2) {
      return std::nullopt;
    }
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

std::string PercentEncoded(const std::string& text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) ||
        std::string_view("-_.~=,").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

// "postgresql://user:secret@host" without ":secret".
std::string WithoutPassword(std::string url) {
  const size_t begin = url.find("://") + 3;
  const size_t at = url.find('@', begin);
  const size_t slash = url.find_first_of("/?", begin);
  if (at == std::string::npos || at > slash) return url;
  const size_t colon = url.find(':', begin);
  if (colon < at) url.erase(colon, at - colon);
  return url;
}

bool IsName(const std::string& name) {
  return name.size() <= kMaxNameBytes &&
         std::ranges::none_of(
             name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

bool IsDatabaseUrl(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

DatabaseLocation DatabaseLocation::Named(const std::string& name) const {
  DatabaseLocation named = *this;
  named.study = name;
  const std::string whole = WithoutPassword(connection);
  named.shown = whole +
                (whole.find('?') == std::string::npos ? "?study=" : "&study=") +
                PercentEncoded(name);
  return named;
}

Result<DatabaseLocation> ParseDatabaseUrl(const std::string& url) {
  DatabaseLocation location;
  if (!IsDatabaseUrl(url)) {
    return InvalidArgument(url +
                           ": is not a URL postgresql://user@host/database"
                           "?study=name");
  }
  const size_t question = url.find('?');
  location.connection = url.substr(0, question);
  location.shown = WithoutPassword(location.connection);
  char separator = '?';
  std::string_view rest = url;
  rest.remove_prefix(question == std::string::npos ? url.size() : question + 1);
  bool has_study = false;
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
    if (!parameter.starts_with("study=")) {
      location.connection += separator + std::string(parameter);
      separator = '&';
      continue;
    }
    auto name = PercentDecoded(parameter.substr(6));
    if (!name || name->empty() || !IsName(*name) || has_study) {
      return InvalidArgument(
          location.shown +
          ": 'study' is given once, a name of 1 to 200 bytes without control "
          "characters, percent-encoded");
    }
    location.study = *std::move(name);
    has_study = true;
  }
  location.shown = WithoutPassword(location.connection);
  if (has_study) return location.Named(location.study);
  return location;
}

std::string ShownPlace(const std::string& place) {
  if (!IsDatabaseUrl(place)) return place;
  auto location = ParseDatabaseUrl(place);
  return location ? location->shown : place;
}

}  // namespace rankadaptor::runners
