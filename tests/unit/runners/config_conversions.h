// From parts of configs to what the evaluators and the engine take, by the
// functions that the commands use.
#ifndef RANKADAPTOR_TESTS_UNIT_RUNNERS_CONFIG_CONVERSIONS_H_
#define RANKADAPTOR_TESTS_UNIT_RUNNERS_CONFIG_CONVERSIONS_H_

#include <functional>
#include <map>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace rankadaptor::runners {

struct Conversion {
  // What a config of this type needs at least: YAML, the inside of a mapping.
  std::string required;
  // What a config means, as a text.
  std::function<std::string(const google::protobuf::Message&)> meaning;
};

// By the type of the message.
std::map<const google::protobuf::Descriptor*, Conversion> Conversions();

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_TESTS_UNIT_RUNNERS_CONFIG_CONVERSIONS_H_
