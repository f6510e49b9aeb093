#include "runners/config/config_text.h"

#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/v1/rule.pb.h"

#include "runners/config/config_source.h"
#include "runners/config/field_value.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

// The given fields in the order of their numbers.
std::vector<const FieldDescriptor*> GivenFields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

// The element `index` of a repeated field, or the singular field.
template <typename Singular, typename Repeated>
auto Get(const Message& message,
         const FieldDescriptor& field,
         int index,
         Singular singular,
         Repeated repeated) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? (reflection.*repeated)(message, &field, index)
                             : (reflection.*singular)(message, &field);
}

Json ScalarJson(const Message& message,
                const FieldDescriptor& field,
                int index) {
  using R = Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Get(message, field, index, &R::GetBool, &R::GetRepeatedBool);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Get(message, field, index, &R::GetDouble, &R::GetRepeatedDouble);
    case FieldDescriptor::CPPTYPE_UINT32:
      return Get(message, field, index, &R::GetUInt32, &R::GetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return Get(message, field, index, &R::GetUInt64, &R::GetRepeatedUInt64);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(
          *Get(message, field, index, &R::GetEnum, &R::GetRepeatedEnum));
    default:
      return Get(message, field, index, &R::GetString, &R::GetRepeatedString);
  }
}

const Message& SubMessage(const Message& message,
                          const FieldDescriptor& field,
                          int index) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated()
             ? reflection.GetRepeatedMessage(message, &field, index)
             : reflection.GetMessage(message, &field);
}

Json MessageJson(const Message& message);

Json ElementJson(const Message& message,
                 const FieldDescriptor& field,
                 int index) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return MessageJson(SubMessage(message, field, index));
  }
  return ScalarJson(message, field, index);
}

int NumElements(const Message& message, const FieldDescriptor& field) {
  return field.is_repeated()
             ? message.GetReflection()->FieldSize(message, &field)
             : 1;
}

Json MessageJson(const Message& message) {
  Json json = Json::object();
  for (const FieldDescriptor* field : GivenFields(message)) {
    if (!field->is_repeated()) {
      json[field->name()] = ElementJson(message, *field, 0);
      continue;
    }
    Json list = Json::array();
    for (int i = 0; i < NumElements(message, *field); ++i) {
      list.push_back(ElementJson(message, *field, i));
    }
    json[field->name()] = std::move(list);
  }
  return json;
}

void AddFixedFields(const Message& message,
                    const std::string& path,
                    std::map<std::string, std::string>& fields) {
  for (const FieldDescriptor* field : GivenFields(message)) {
    if (field->options().GetExtension(v1::rule).may_change()) continue;
    for (int i = 0; i < NumElements(message, *field); ++i) {
      std::string name = JoinField(path, field->name());
      if (field->is_repeated()) name += "[" + std::to_string(i) + "]";
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        AddFixedFields(SubMessage(message, *field, i), name, fields);
      } else {
        fields[name] = ScalarJson(message, *field, i).dump();
      }
    }
  }
}

}  // namespace

std::string FormatConfig(const Message& message) {
  return MessageJson(message).dump(
      2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, std::string> FixedFields(const Message& message) {
  std::map<std::string, std::string> fields;
  AddFixedFields(message, "", fields);
  return fields;
}

}  // namespace rankadaptor::runners
