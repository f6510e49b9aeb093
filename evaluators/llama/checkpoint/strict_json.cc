#include "evaluators/llama/checkpoint/strict_json.h"

#include <optional>
#include <set>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;

// Thrown through the parser to stop it; never leaves this file.
struct Refused {
  std::string reason;
};

// Watches the parser's events for what the grammar allows and we do not.
class StrictRules {
 public:
  void Observe(int depth, json::parse_event_t event, const json& parsed) {
    if (depth > kMaxDepth) {
      throw Refused{"is nested deeper than " + std::to_string(kMaxDepth) +
                    " levels"};
    }
    if (event == json::parse_event_t::object_start) {
      keys_of_open_objects_.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      keys_of_open_objects_.pop_back();
    } else if (event == json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_of_open_objects_.back().insert(key).second) {
        throw Refused{"has the key " + Quote(key) + " twice"};
      }
    }
  }

 private:
  std::vector<std::set<std::string>> keys_of_open_objects_;
};

std::optional<int64_t> AsInteger(const json& value, IntegerRange range) {
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  if (!value.is_number_integer()) return std::nullopt;
  const auto number = value.get<int64_t>();
  if (number < range.low || number > range.high) return std::nullopt;
  return number;
}

std::string Allowed(IntegerRange range) {
  return "an integer from " + std::to_string(range.low) + " to " +
         std::to_string(range.high);
}

}  // namespace

Result<json> ParseJson(std::string_view text, const std::string& file) {
  StrictRules rules;
  auto observe = [&](int depth, json::parse_event_t event, json& parsed) {
    rules.Observe(depth, event, parsed);
    return true;
  };
  try {
    return json::parse(text, observe);
  } catch (const Refused& refused) {
    return DataLoss(file + ": " + refused.reason);
  } catch (const json::parse_error& error) {
    return DataLoss(file + ": is not valid JSON (at byte " +
                    std::to_string(error.byte) + ")");
  } catch (const json::exception&) {
    return DataLoss(file + ": holds a number that is out of range");
  }
}

Result<json> ParseJsonObject(std::string_view text, const std::string& file) {
  RA_ASSIGN_OR_RETURN(json root, ParseJson(text, file));
  if (!root.is_object()) return DataLoss(file + ": is not a JSON object");
  return root;
}

std::string JsonForMessage(const json& value) {
  constexpr size_t kMaxBytes = 80;
  if (value.is_string()) return Quote(value.get_ref<const std::string&>());
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= kMaxBytes) return text;
  return value.is_object() ? "{...}" : value.is_array() ? "[...]" : text;
}

const json* JsonFields::Find(const char* name) const {
  auto field = object_.find(name);
  return field == object_.end() || field->is_null() ? nullptr : &*field;
}

tl::unexpected<Error> JsonFields::Missing(const char* name) const {
  return InvalidArgument(place_ + ": " + name + " is missing");
}

tl::unexpected<Error> JsonFields::Refuse(const char* name,
                                         std::string_view what) const {
  return InvalidArgument(place_ + ": " + name + " = " +
                         JsonForMessage(object_.at(name)) + " " +
                         std::string(what));
}

Result<int64_t> JsonFields::Integer(const char* name,
                                    IntegerRange range) const {
  const json* field = Find(name);
  if (field == nullptr) return Missing(name);
  std::optional<int64_t> number = AsInteger(*field, range);
  if (!number) return Refuse(name, "is not " + Allowed(range));
  return *number;
}

Result<int64_t> JsonFields::IntegerOr(const char* name,
                                      IntegerRange range,
                                      int64_t fallback) const {
  if (Find(name) == nullptr) return fallback;
  return Integer(name, range);
}

Result<std::vector<int64_t>> JsonFields::Integers(const char* name,
                                                  IntegerRange range) const {
  const json* field = Find(name);
  if (field == nullptr) return Missing(name);
  if (!field->is_array()) return Refuse(name, "is not a list of integers");
  std::vector<int64_t> numbers;
  for (const json& element : *field) {
    std::optional<int64_t> number = AsInteger(element, range);
    if (!number) {
      return InvalidArgument(
          place_ + ": " + name + "[" + std::to_string(numbers.size()) +
          "] = " + JsonForMessage(element) + " is not " + Allowed(range));
    }
    numbers.push_back(*number);
  }
  return numbers;
}

Result<double> JsonFields::Positive(const char* name) const {
  const json* field = Find(name);
  if (field == nullptr) return Missing(name);
  if (!field->is_number() || !(field->get<double>() > 0)) {
    return Refuse(name, "is not a positive number");
  }
  return field->get<double>();
}

Result<double> JsonFields::PositiveOr(const char* name, double fallback) const {
  if (Find(name) == nullptr) return fallback;
  return Positive(name);
}

Result<bool> JsonFields::BooleanOr(const char* name, bool fallback) const {
  const json* field = Find(name);
  if (field == nullptr) return fallback;
  if (!field->is_boolean()) return Refuse(name, "is not true or false");
  return field->get<bool>();
}

Result<std::string> JsonFields::StringOr(const char* name,
                                         const std::string& fallback) const {
  const json* field = Find(name);
  if (field == nullptr) return fallback;
  if (!field->is_string()) return Refuse(name, "is not a string");
  return field->get<std::string>();
}

Result<JsonFields> JsonFields::Nested(const char* name) const {
  const json* field = Find(name);
  if (field == nullptr) return Missing(name);
  if (!field->is_object()) return Refuse(name, "is not an object");
  return JsonFields(*field, place_ + ": " + name);
}

}  // namespace rankadaptor::llama::internal
