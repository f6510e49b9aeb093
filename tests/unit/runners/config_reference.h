// The config schema as a page for people: for each command's config and each
// message below it a table of the fields, made of the comments and rules in
// proto/rankadaptor/v1.
#ifndef RANKADAPTOR_TESTS_UNIT_RUNNERS_CONFIG_REFERENCE_H_
#define RANKADAPTOR_TESTS_UNIT_RUNNERS_CONFIG_REFERENCE_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace google::protobuf {
class Descriptor;
class EnumValueDescriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace rankadaptor::runners {

// A command and the message that its config is.
struct ConfigRoot {
  std::string command;
  const google::protobuf::Descriptor* message;
};
std::vector<ConfigRoot> ConfigRoots();

// A message and where it stands in which configs, e.g. "`pruning` of prune".
struct ConfigMessage {
  const google::protobuf::Descriptor* message;
  std::vector<std::string> places;
};
// Those below `roots`, each once, before those that they contain.
std::vector<ConfigMessage> ConfigMessages(const std::vector<ConfigRoot>& roots);

// What the sources say of the schema; empty where they say nothing.
class SchemaComments {
 public:
  SchemaComments();

  std::string Of(const google::protobuf::Descriptor& message) const;
  std::string Of(const google::protobuf::FieldDescriptor& field) const;
  std::string Of(const google::protobuf::EnumValueDescriptor& value) const;

 private:
  // File, then the place as descriptor.proto numbers it.
  using Place = std::pair<std::string, std::vector<int>>;
  std::string At(const Place& place) const;

  std::map<Place, std::string> comments_;
};

// Markdown from the first command's heading on.
std::string ConfigReference(const SchemaComments& comments);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_TESTS_UNIT_RUNNERS_CONFIG_REFERENCE_H_
