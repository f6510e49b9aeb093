// The defaults in the schema are those of the code: a config that spells one
// out means what a config without the field means, and another value something
// else.
#include <memory>
#include <sstream>

#include <gtest/gtest.h>

#include "rankadaptor/v1/rule.pb.h"

#include "runners/config/config_reader.h"
#include "runners/config/field_value.h"
#include "tests/unit/runners/config_conversions.h"
#include "tests/unit/runners/config_reference.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Result<std::string> Meaning(const Descriptor& type,
                            const Conversion& conversion,
                            const std::vector<std::string>& overrides) {
  std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(&type)
          ->New());
  RA_ASSIGN_OR_RETURN(
      ConfigSource source,
      ReadConfig(
          "{" + conversion.required + "}", "", overrides, message.get()));
  return conversion.meaning(*message);
}

std::string NumberText(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// Values to try for one that differs from the default.
std::vector<std::string> OtherValues(const FieldDescriptor& field,
                                     const std::string& usual) {
  if (field.is_repeated()) return {usual.substr(0, usual.find(',')) + "]"};
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return {usual == "true" ? "false" : "true"};
    case FieldDescriptor::CPPTYPE_STRING:
      return {"x"};
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names;
      for (int i = 1; i < field.enum_type()->value_count(); ++i) {
        names.push_back(EnumText(*field.enum_type()->value(i)));
      }
      std::erase(names, usual);
      return names;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return {};
    default:
      return {NumberText(std::stod(usual) / 2),
              NumberText(std::stod(usual) + 1)};
  }
}

bool OtherValueHasAnotherMeaning(const FieldDescriptor& field,
                                 const Conversion& conversion,
                                 const std::string& usual,
                                 const std::string& meaning) {
  for (const std::string& value : OtherValues(field, usual)) {
    const auto other = Meaning(
        *field.containing_type(), conversion, {field.name() + "=" + value});
    if (other && *other != meaning) return true;
  }
  return false;
}

void CheckDefault(const FieldDescriptor& field, const Conversion& conversion) {
  const std::string& usual =
      field.options().GetExtension(v1::rule).default_value();
  const Descriptor& type = *field.containing_type();
  const auto left_out = Meaning(type, conversion, {});
  ASSERT_TRUE(left_out) << field.full_name() << ": "
                        << left_out.error().message;
  const auto spelled_out =
      Meaning(type, conversion, {field.name() + "=" + usual});
  ASSERT_TRUE(spelled_out) << field.full_name() << ": "
                           << spelled_out.error().message;
  EXPECT_EQ(*left_out, *spelled_out) << field.full_name();
  if (field.message_type() != nullptr) return;
  EXPECT_TRUE(OtherValueHasAnotherMeaning(field, conversion, usual, *left_out))
      << field.full_name() << ": its conversion does not show it";
}

TEST(ConfigDefaults, AreThoseOfTheCode) {
  const std::map<const Descriptor*, Conversion> conversions = Conversions();
  for (const ConfigMessage& found : ConfigMessages(ConfigRoots())) {
    for (int i = 0; i < found.message->field_count(); ++i) {
      const FieldDescriptor& field = *found.message->field(i);
      const v1::FieldRule& rule = field.options().GetExtension(v1::rule);
      if (!rule.has_default_value() || rule.default_value() == "{}") continue;
      const auto conversion = conversions.find(found.message);
      ASSERT_NE(conversion, conversions.end())
          << found.message->name() << " wants a conversion here";
      CheckDefault(field, conversion->second);
    }
  }
}

}  // namespace
}  // namespace rankadaptor::runners
