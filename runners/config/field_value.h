// One scalar of a config: from YAML text into a field of a message, checked
// against the field's type and rule (proto/rankadaptor/v1/rule.proto), and from
// a message back into text.
#ifndef RANKADAPTOR_RUNNERS_CONFIG_FIELD_VALUE_H_
#define RANKADAPTOR_RUNNERS_CONFIG_FIELD_VALUE_H_

#include <string>
#include <string_view>

#include "rankadaptor/common/result.h"

namespace google::protobuf {
class EnumValueDescriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace rankadaptor::runners {

struct ScalarText {
  std::string_view text;
  bool quoted = false;  // then it is text, never a number or a boolean
};

// Sets a singular field or appends to a repeated one; the field is no message.
// kInvalidArgument "= 1.5; allowed: a number in [0, 1)".
Status SetField(const ScalarText& value,
                const google::protobuf::FieldDescriptor& field,
                google::protobuf::Message* message);

// What may stand in the field, e.g. "a whole number in [1, 64]", "true or
// false", "one of {cpu, cuda}", "a list of whole numbers", "a mapping".
std::string AllowedValues(const google::protobuf::FieldDescriptor& field);

// DEVICE_CPU of enum Device as configs write it: "cpu".
std::string EnumText(const google::protobuf::EnumValueDescriptor& value);

// A word or number as it is, anything else as Quote() shows it.
std::string Shown(std::string_view text);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_FIELD_VALUE_H_
