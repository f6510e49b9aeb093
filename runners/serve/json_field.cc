#include "runners/serve/json_field.h"

#include <algorithm>
#include <cmath>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::runners {
namespace {

using nlohmann::json;

constexpr size_t kMaxText = 80;

}  // namespace

std::string ShortText(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= kMaxText) return text;
  size_t end = kMaxText;
  while (end > 0 && (text[end] & 0xC0) == 0x80)
    --end;  // not inside a character
  return text.substr(0, end) + "...";
}

tl::unexpected<Error> JsonField::Wrong(const std::string& what) const {
  const std::string subject =
      path_.empty() ? ShortText(*value_) : path_ + " = " + ShortText(*value_);
  return InvalidArgument(subject + " " + what);
}

Status JsonField::CheckFields(std::initializer_list<const char*> known) const {
  if (!value_->is_object()) return Wrong("is not an object");
  for (const auto& [name, ignored] : value_->items()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string names;
    for (const char* k : known)
      names += (names.empty() ? "" : ", ") + std::string(k);
    return InvalidArgument(path_ + (path_.empty() ? "" : " ") +
                           "has an unknown field " + Quote(name) +
                           "; known are " + names);
  }
  return {};
}

Result<JsonField> JsonField::Required(const char* name) const {
  if (auto field = Optional(name)) return *field;
  return InvalidArgument((path_.empty() ? "" : path_ + ".") +
                         std::string(name) + " is missing");
}

std::optional<JsonField> JsonField::Optional(const char* name) const {
  auto found = value_->find(name);
  if (found == value_->end()) return {};
  return JsonField(*found, (path_.empty() ? "" : path_ + ".") + name);
}

std::vector<JsonField> JsonField::Children() const {
  std::vector<JsonField> children;
  if (value_->is_object()) {
    for (const auto& [name, child] : value_->items()) {
      children.emplace_back(child, (path_.empty() ? "" : path_ + ".") + name);
    }
  } else if (value_->is_array()) {
    for (size_t i = 0; i < value_->size(); ++i) {
      children.emplace_back((*value_)[i],
                            path_ + "[" + std::to_string(i) + "]");
    }
  }
  return children;
}

Result<std::vector<JsonField>> JsonField::List() const {
  if (!value_->is_array()) return Wrong("is not a list");
  return Children();
}

Result<std::string> JsonField::Text() const {
  if (!value_->is_string()) return Wrong("is not a string");
  return value_->get<std::string>();
}

Result<double> JsonField::FiniteNumber() const {
  if (!value_->is_number()) return Wrong("is not a number");
  const auto number = value_->get<double>();
  if (!std::isfinite(number)) return Wrong("is not a finite number");
  return number;
}

Result<int64_t> JsonField::Integer(int64_t low, int64_t high) const {
  const bool fits =
      value_->is_number_integer() &&
      (!value_->is_number_unsigned() ||
       value_->get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX));
  if (fits) {
    const auto number = value_->get<int64_t>();
    if (number >= low && number <= high) return number;
  }
  return Wrong("is not an integer from " + std::to_string(low) + " to " +
               std::to_string(high));
}

Result<uint64_t> JsonField::Unsigned() const {
  if (!value_->is_number_unsigned()) {
    return Wrong("is not an integer from 0 to 2^64 - 1");
  }
  return value_->get<uint64_t>();
}

}  // namespace rankadaptor::runners
