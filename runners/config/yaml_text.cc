#include "runners/config/yaml_text.h"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace rankadaptor::runners {
namespace {

// What stands for itself in flow style, numbers and booleans among it.
bool IsPlain(const std::string& text) {
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
           c == '.' || c == '/';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
}

// JSON's quotes and escapes are YAML's too.
std::string ScalarText(const YAML::Node& node) {
  const bool quoted = node.Tag() == "!";
  const std::string& text = node.Scalar();
  if (!quoted && IsPlain(text)) return text;
  return nlohmann::json(text).dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::ordered_json JsonOf(const YAML::Node& node) {
  using Json = nlohmann::ordered_json;
  if (node.IsScalar()) {
    Json plain = Json::parse(node.Scalar(), nullptr, false);
    const bool is_text =
        node.Tag() == "!" || !plain.is_primitive() || plain.is_discarded();
    return is_text ? Json(node.Scalar()) : plain;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& element : node) list.push_back(JsonOf(element));
    return list;
  }
  if (!node.IsMap()) return nullptr;
  Json object = Json::object();
  for (const auto& entry : node) {
    object[entry.first.IsScalar() ? entry.first.Scalar()
                                  : FlowText(entry.first)] =
        JsonOf(entry.second);
  }
  return object;
}

}  // namespace

std::string JsonText(const YAML::Node& node) {
  return JsonOf(node).dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string TextOfFlow(const std::string& flow) {
  if (flow.empty() || flow.front() != '"') return flow;
  const auto text = nlohmann::json::parse(flow, nullptr, false);
  return text.is_string() ? text.get<std::string>() : flow;
}

std::string FlowText(const YAML::Node& node) {
  if (node.IsScalar()) return ScalarText(node);
  std::string text;
  if (node.IsSequence()) {
    for (const auto& element : node) {
      text += (text.empty() ? "" : ", ") + FlowText(element);
    }
    return "[" + text + "]";
  }
  if (!node.IsMap()) return "null";
  for (const auto& entry : node) {
    text += (text.empty() ? "" : ", ") + FlowText(entry.first) + ": " +
            FlowText(entry.second);
  }
  return "{" + text + "}";
}

}  // namespace rankadaptor::runners
