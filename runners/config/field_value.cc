#include "runners/config/field_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "rankadaptor/common/quote.h"
#include "rankadaptor/v1/rule.pb.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const v1::FieldRule& RuleOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule);
}

template <typename T>
std::optional<T> Parse(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  auto [parsed_to, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || parsed_to != end) return std::nullopt;
  return value;
}

std::string NumberText(double value) {
  char buffer[32];
  const bool is_whole = value == std::floor(value) && std::abs(value) < 1e15;
  auto [end, code] =
      is_whole
          ? std::to_chars(
                buffer, buffer + sizeof buffer, static_cast<int64_t>(value))
          : std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end};
}

bool InRange(double value, const v1::FieldRule& rule) {
  if (rule.has_min() && value < rule.min()) return false;
  if (rule.has_max() && value > rule.max()) return false;
  if (rule.exclusive_min() && value == rule.min()) return false;
  return !rule.exclusive_max() || value != rule.max();
}

// "", " in [1, 64)", " of at least 1", " above 0", ... `floor` is the smallest
// number of the field's type, if it has one.
std::string RangeText(const v1::FieldRule& rule, std::optional<double> floor) {
  std::optional<double> min = floor;
  if (rule.has_min()) min = rule.min();
  if (min.has_value() && rule.has_max()) {
    return std::string(" in ") + (rule.exclusive_min() ? "(" : "[") +
           NumberText(*min) + ", " + NumberText(rule.max()) +
           (rule.exclusive_max() ? ")" : "]");
  }
  if (min.has_value()) {
    return (rule.exclusive_min() ? " above " : " of at least ") +
           NumberText(*min);
  }
  if (rule.has_max()) return " of at most " + NumberText(rule.max());
  return "";
}

bool IsUnspecified(const EnumValueDescriptor& value) {
  return value.number() == 0;
}

std::string AllowedEnumValues(const EnumDescriptor& type) {
  std::string names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (IsUnspecified(*type.value(i))) continue;
    names += (names.empty() ? "" : ", ") + EnumText(*type.value(i));
  }
  return "one of {" + names + "}";
}

// "a whole number in [1, 64]", "numbers above 0", ...
std::string AllowedNumbers(const FieldDescriptor& field,
                           const std::string& noun,
                           std::optional<double> floor) {
  const v1::FieldRule& rule = RuleOf(field);
  if (rule.has_min() && rule.has_max() && rule.min() == rule.max()) {
    return NumberText(rule.min());
  }
  return (field.is_repeated() ? noun + "s" : "a " + noun) +
         RangeText(rule, floor);
}

std::string AllowedElement(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AllowedNumbers(field, "number", std::nullopt);
    case FieldDescriptor::CPPTYPE_ENUM:
      return AllowedEnumValues(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.is_repeated()) return "texts";
      return RuleOf(field).may_be_empty() ? "a text"
                                          : "a text that is not empty";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return field.is_repeated() ? "mappings" : "a mapping";
    default:
      return AllowedNumbers(field, "whole number", 0);
  }
}

template <typename T, typename Set, typename Add>
bool Store(std::optional<T> value,
           const FieldDescriptor& field,
           Message* message,
           Set set,
           Add add) {
  if (!value.has_value()) return false;
  const Reflection* reflection = message->GetReflection();
  if (field.is_repeated()) {
    (reflection->*add)(message, &field, *value);
  } else {
    (reflection->*set)(message, &field, *value);
  }
  return true;
}

template <typename T>
std::optional<T> ParseInRange(const ScalarText& value,
                              const FieldDescriptor& field) {
  std::optional<T> number = Parse<T>(value.text);
  if (value.quoted || !number.has_value()) return std::nullopt;
  auto as_double = static_cast<double>(*number);
  if (!std::isfinite(as_double) || !InRange(as_double, RuleOf(field))) {
    return std::nullopt;
  }
  return number;
}

std::optional<bool> ParseBool(const ScalarText& value) {
  if (!value.quoted && value.text == "true") return true;
  if (!value.quoted && value.text == "false") return false;
  return std::nullopt;
}

std::optional<std::string> ParseText(const ScalarText& value,
                                     const FieldDescriptor& field) {
  if (value.text.empty() && !RuleOf(field).may_be_empty()) return std::nullopt;
  return std::string(value.text);
}

std::optional<const EnumValueDescriptor*> ParseEnum(
    const ScalarText& value, const FieldDescriptor& field) {
  const EnumDescriptor& type = *field.enum_type();
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& candidate = *type.value(i);
    if (!IsUnspecified(candidate) && EnumText(candidate) == value.text) {
      return &candidate;
    }
  }
  return std::nullopt;
}

bool TrySetField(const ScalarText& value,
                 const FieldDescriptor& field,
                 Message* message) {
  using R = Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Store(ParseBool(value), field, message, &R::SetBool, &R::AddBool);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Store(ParseInRange<double>(value, field),
                   field,
                   message,
                   &R::SetDouble,
                   &R::AddDouble);
    case FieldDescriptor::CPPTYPE_UINT32:
      return Store(ParseInRange<uint32_t>(value, field),
                   field,
                   message,
                   &R::SetUInt32,
                   &R::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return Store(ParseInRange<uint64_t>(value, field),
                   field,
                   message,
                   &R::SetUInt64,
                   &R::AddUInt64);
    case FieldDescriptor::CPPTYPE_STRING:
      return Store(ParseText(value, field),
                   field,
                   message,
                   &R::SetString,
                   &R::AddString);
    case FieldDescriptor::CPPTYPE_ENUM:
      return Store(
          ParseEnum(value, field), field, message, &R::SetEnum, &R::AddEnum);
    default:
      return false;
  }
}

}  // namespace

Status SetField(const ScalarText& value,
                const FieldDescriptor& field,
                Message* message) {
  if (TrySetField(value, field, message)) return {};
  return InvalidArgument("= " + Shown(value.text) +
                         "; allowed: " + AllowedElement(field));
}

std::string AllowedValues(const FieldDescriptor& field) {
  if (RuleOf(field).assignments()) return "a mapping of names to values";
  if (RuleOf(field).any_value()) return "a list of values";
  return (field.is_repeated() ? "a list of " : "") + AllowedElement(field);
}

std::string EnumText(const EnumValueDescriptor& value) {
  // Every enum starts with <PREFIX>_UNSPECIFIED = 0 (rule of the schema).
  constexpr std::string_view kUnspecified = "UNSPECIFIED";
  const std::string& first = value.type()->value(0)->name();
  std::string text = value.name().substr(first.size() - kUnspecified.size());
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string Shown(std::string_view text) {
  constexpr size_t kMaxLength = 60;
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
           c == '.';
  };
  if (!text.empty() && text.size() <= kMaxLength &&
      std::all_of(text.begin(), text.end(), is_plain)) {
    return std::string(text);
  }
  return Quote(text, kMaxLength);
}

}  // namespace rankadaptor::runners
