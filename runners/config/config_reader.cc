#include "runners/config/config_reader.h"

#include <optional>
#include <set>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <yaml-cpp/yaml.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/v1/rule.pb.h"

#include "runners/config/field_value.h"
#include "runners/config/suggestion.h"
#include "runners/config/yaml_text.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

constexpr uint64_t kMaxConfigBytes = uint64_t{1} << 20;

std::string At(const std::string& name, const YAML::Mark& mark) {
  if (mark.is_null()) return name;
  return name + ":" + std::to_string(mark.line + 1) + ":" +
         std::to_string(mark.column + 1);
}

// What the document holds where something else was expected.
std::string Describe(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return "= " + Shown(node.Scalar());
    case YAML::NodeType::Sequence:
      return "is a list";
    case YAML::NodeType::Map:
      return "is a mapping";
    default:
      return "is empty";
  }
}

std::string Expected(const YAML::Node& node, const std::string& allowed) {
  return Describe(node) + "; allowed: " + allowed;
}

std::string FieldNames(const Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) {
    names += (i > 0 ? ", " : "") + type.field(i)->name();
  }
  return names;
}

std::string FieldNames(const OneofDescriptor& oneof) {
  std::string names;
  for (int i = 0; i < oneof.field_count(); ++i) {
    names += (i > 0 ? ", " : "") + oneof.field(i)->name();
  }
  return names;
}

// The one document of `text`; `name` for messages.
Result<YAML::Node> Parse(const std::string& text, const std::string& name) {
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty()) return YAML::Node();
    if (documents.size() > 1) {
      return InvalidArgument(At(name, documents[1].Mark()) +
                             ": starts a second document; allowed: one");
    }
    return documents[0];
  } catch (const YAML::Exception& e) {
    return InvalidArgument(At(name, e.mark) +
                           ": is not readable as YAML or JSON: " + e.msg);
  }
}

// Moves one parsed document, then overrides, into a message.
class MessageReader {
 public:
  explicit MessageReader(const std::string& name)
      : name_(name), source_(name) {}

  Status ReadDocument(const YAML::Node& document, Message* message) {
    return ReadMessage(document, "", message);
  }

  Status Override(const Assignment& assignment, Message* message);

  // Checks that nothing required is missing, here and below.
  Status CheckComplete(const Message& message, const std::string& path) const;

  ConfigSource TakeSource() { return std::move(source_); }

 private:
  Status ReadMessage(const YAML::Node& node,
                     const std::string& path,
                     Message* message);
  Status ReadEntry(const YAML::Node& key,
                   const YAML::Node& value,
                   const std::string& path,
                   std::set<std::string>& seen,
                   Message* message);
  Status ReadField(const YAML::Node& node,
                   const std::string& path,
                   const FieldDescriptor& field,
                   Message* message);
  Status ReadList(const YAML::Node& node,
                  const std::string& path,
                  const FieldDescriptor& field,
                  Message* message);
  Status ReadElement(const YAML::Node& node,
                     const std::string& path,
                     const FieldDescriptor& field,
                     Message* message);
  Status ReadAssignments(const YAML::Node& node,
                         const std::string& path,
                         const FieldDescriptor& field,
                         Message* message);
  Result<const FieldDescriptor*> FindField(const std::string& name,
                                           const std::string& path,
                                           const std::string& place,
                                           const Descriptor& type) const;
  Status CheckField(const Message& message,
                    const FieldDescriptor& field,
                    const std::string& path) const;
  tl::unexpected<Error> Missing(const std::string& path,
                                const std::string& what) const;
  Status CheckOneof(const FieldDescriptor& field,
                    const std::string& path,
                    const std::string& place,
                    const std::set<std::string>& seen) const;

  std::string Place(const YAML::Node& node) const {
    return override_.value_or(At(name_, node.Mark()));
  }
  tl::unexpected<Error> Invalid(const YAML::Node& node,
                                const std::string& path,
                                const std::string& problem) const {
    return InvalidArgument(Place(node) + ": " +
                           (path.empty() ? "the config" : path) + " " +
                           problem);
  }

  std::string name_;
  std::optional<std::string> override_;  // while one is applied: its place
  ConfigSource source_;
};

Status MessageReader::ReadMessage(const YAML::Node& node,
                                  const std::string& path,
                                  Message* message) {
  if (!node.IsMap()) return Invalid(node, path, Expected(node, "a mapping"));
  std::set<std::string> seen;
  for (const auto& entry : node) {
    RA_RETURN_IF_ERROR(
        ReadEntry(entry.first, entry.second, path, seen, message));
  }
  return {};
}

Status MessageReader::ReadEntry(const YAML::Node& key,
                                const YAML::Node& value,
                                const std::string& path,
                                std::set<std::string>& seen,
                                Message* message) {
  if (!key.IsScalar()) {
    return Invalid(key, path, "has a key that is not a field name");
  }
  const std::string& name = key.Scalar();
  RA_ASSIGN_OR_RETURN(
      const FieldDescriptor* field,
      FindField(name, path, Place(key), *message->GetDescriptor()));
  const std::string field_path = JoinField(path, name);
  if (!seen.insert(name).second) {
    return Invalid(key, field_path, "is given twice");
  }
  RA_RETURN_IF_ERROR(CheckOneof(*field, path, Place(key), seen));
  if (value.IsNull()) {  // its own mark would be that of the next line
    return Invalid(key, field_path, Expected(value, AllowedValues(*field)));
  }
  return ReadField(value, field_path, *field, message);
}

Result<const FieldDescriptor*> MessageReader::FindField(
    const std::string& name,
    const std::string& path,
    const std::string& place,
    const Descriptor& type) const {
  if (const FieldDescriptor* field = type.FindFieldByName(name)) return field;
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->name());
  }
  std::optional<std::string> close = ClosestName(name, names);
  return InvalidArgument(place + ": " + (path.empty() ? "the config" : path) +
                         " has no field " + Shown(name) +
                         (close ? "; did you mean " + *close + "?"
                                : "; allowed: " + FieldNames(type)));
}

Status MessageReader::CheckOneof(const FieldDescriptor& field,
                                 const std::string& path,
                                 const std::string& place,
                                 const std::set<std::string>& seen) const {
  const OneofDescriptor* oneof = field.real_containing_oneof();
  if (oneof == nullptr) return {};
  int num_given = 0;
  for (int i = 0; i < oneof->field_count(); ++i) {
    num_given += static_cast<int>(seen.count(oneof->field(i)->name()));
  }
  if (num_given <= 1) return {};
  return InvalidArgument(place + ": " + (path.empty() ? "the config" : path) +
                         " may have only one of: " + FieldNames(*oneof));
}

Status MessageReader::ReadField(const YAML::Node& node,
                                const std::string& path,
                                const FieldDescriptor& field,
                                Message* message) {
  source_.Record(path, Place(node));
  if (field.options().GetExtension(v1::rule).assignments()) {
    return ReadAssignments(node, path, field, message);
  }
  if (field.is_repeated()) return ReadList(node, path, field, message);
  return ReadElement(node, path, field, message);
}

Status MessageReader::ReadList(const YAML::Node& node,
                               const std::string& path,
                               const FieldDescriptor& field,
                               Message* message) {
  if (!node.IsSequence() || node.size() == 0) {
    std::string problem =
        node.IsSequence() ? "is an empty list; allowed: " + AllowedValues(field)
                          : Expected(node, AllowedValues(field));
    return Invalid(node, path, problem);
  }
  for (size_t i = 0; i < node.size(); ++i) {
    const std::string element_path = path + "[" + std::to_string(i) + "]";
    source_.Record(element_path, Place(node[i]));
    RA_RETURN_IF_ERROR(ReadElement(node[i], element_path, field, message));
  }
  return {};
}

Status MessageReader::ReadAssignments(const YAML::Node& node,
                                      const std::string& path,
                                      const FieldDescriptor& field,
                                      Message* message) {
  if (!node.IsMap()) {
    return Invalid(node, path, Expected(node, AllowedValues(field)));
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const YAML::Node& key = entry.first;
    if (!key.IsScalar() || key.Scalar().empty()) {
      return Invalid(key, path, "has a key that is not a name");
    }
    if (!seen.insert(key.Scalar()).second) {
      return Invalid(key, JoinField(path, key.Scalar()), "is given twice");
    }
    message->GetReflection()->AddString(
        message, &field, key.Scalar() + "=" + FlowText(entry.second));
  }
  return {};
}

Status MessageReader::ReadElement(const YAML::Node& node,
                                  const std::string& path,
                                  const FieldDescriptor& field,
                                  Message* message) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Reflection* reflection = message->GetReflection();
    return ReadMessage(node,
                       path,
                       field.is_repeated()
                           ? reflection->AddMessage(message, &field)
                           : reflection->MutableMessage(message, &field));
  }
  if (field.options().GetExtension(v1::rule).any_value()) {
    message->GetReflection()->AddString(message, &field, FlowText(node));
    return {};
  }
  if (field.options().GetExtension(v1::rule).json() && !node.IsScalar()) {
    message->GetReflection()->SetString(message, &field, JsonText(node));
    return {};
  }
  if (!node.IsScalar()) {
    return Invalid(node, path, Expected(node, AllowedValues(field)));
  }
  // yaml-cpp tags quoted scalars with "!" and plain ones with "?".
  ScalarText value{node.Scalar(), node.Tag() == "!"};
  Status set = SetField(value, field, message);
  if (!set.has_value()) return Invalid(node, path, set.error().message);
  return {};
}

Status MessageReader::Override(const Assignment& assignment, Message* message) {
  override_ = assignment.place;
  RA_ASSIGN_OR_RETURN(YAML::Node value, Parse(assignment.value, *override_));
  std::string path;
  std::string rest = assignment.field;
  while (true) {
    const std::string name = rest.substr(0, rest.find('.'));
    RA_ASSIGN_OR_RETURN(
        const FieldDescriptor* field,
        FindField(name, path, *override_, *message->GetDescriptor()));
    path = JoinField(path, name);
    if (name.size() == rest.size()) {
      message->GetReflection()->ClearField(message, field);
      return ReadField(value, path, *field, message);
    }
    rest = rest.substr(name.size() + 1);
    if (field->is_repeated() ||
        field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return InvalidArgument(
          *override_ + ": " + path +
          " has no fields; allowed: " + AllowedValues(*field));
    }
    message = message->GetReflection()->MutableMessage(message, field);
  }
}

tl::unexpected<Error> MessageReader::Missing(const std::string& path,
                                             const std::string& what) const {
  return InvalidArgument(source_.Find(path) + ": " +
                         (path.empty() ? "the config" : path) + " needs " +
                         what);
}

Status MessageReader::CheckComplete(const Message& message,
                                    const std::string& path) const {
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    const OneofDescriptor& oneof = *type.oneof_decl(i);
    if (oneof.options().GetExtension(v1::one_required) &&
        !message.GetReflection()->HasOneof(message, &oneof)) {
      return Missing(path, "one of: " + FieldNames(oneof));
    }
  }
  for (int i = 0; i < type.field_count(); ++i) {
    RA_RETURN_IF_ERROR(CheckField(message, *type.field(i), path));
  }
  return {};
}

Status MessageReader::CheckField(const Message& message,
                                 const FieldDescriptor& field,
                                 const std::string& path) const {
  const Reflection& reflection = *message.GetReflection();
  const int count = field.is_repeated()
                        ? reflection.FieldSize(message, &field)
                        : int{reflection.HasField(message, &field)};
  if (count == 0 && field.options().GetExtension(v1::rule).required()) {
    return Missing(path, field.name() + ": " + AllowedValues(field));
  }
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return {};
  if (field.options().GetExtension(v1::rule).may_be_incomplete()) return {};
  const std::string below = JoinField(path, field.name());
  for (int i = 0; i < count; ++i) {
    RA_RETURN_IF_ERROR(
        field.is_repeated()
            ? CheckComplete(reflection.GetRepeatedMessage(message, &field, i),
                            below + "[" + std::to_string(i) + "]")
            : CheckComplete(reflection.GetMessage(message, &field), below));
  }
  return {};
}

Result<ConfigSource> ReadNode(const YAML::Node& document,
                              const std::string& name,
                              const std::vector<Assignment>& assignments,
                              Message* message) {
  MessageReader reader(name);
  RA_RETURN_IF_ERROR(reader.ReadDocument(document, message));
  for (const Assignment& assignment : assignments) {
    RA_RETURN_IF_ERROR(reader.Override(assignment, message));
  }
  RA_RETURN_IF_ERROR(reader.CheckComplete(*message, ""));
  return reader.TakeSource();
}

Result<std::vector<Assignment>> ParseOverrides(
    const std::vector<std::string>& overrides) {
  std::vector<Assignment> assignments;
  for (const std::string& text : overrides) {
    const std::string place = "--set " + text;
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument(place + ": allowed: path.of.field=value");
    }
    assignments.push_back(
        {place, text.substr(0, equals), text.substr(equals + 1)});
  }
  return assignments;
}

}  // namespace

Result<ConfigSource> ReadConfig(const std::string& text,
                                const std::string& name,
                                const std::vector<std::string>& overrides,
                                Message* message) {
  RA_ASSIGN_OR_RETURN(YAML::Node document, Parse(text, name));
  RA_ASSIGN_OR_RETURN(std::vector<Assignment> assignments,
                      ParseOverrides(overrides));
  return ReadNode(document, name, assignments, message);
}

Result<ConfigSource> ReadConfigPart(const std::string& text,
                                    const std::string& name,
                                    const std::string& field,
                                    const std::vector<Assignment>& assignments,
                                    Message* message) {
  RA_ASSIGN_OR_RETURN(YAML::Node document, Parse(text, name));
  YAML::Node part = document.IsMap() ? document[field] : YAML::Node();
  return ReadNode(part, name, assignments, message);
}

Result<ConfigSource> ReadConfigFile(const std::filesystem::path& file,
                                    const std::vector<std::string>& overrides,
                                    Message* message) {
  RA_ASSIGN_OR_RETURN(std::string text, ReadConfigText(file));
  return ReadConfig(text, file.string(), overrides, message);
}

Result<std::string> ReadConfigText(const std::filesystem::path& file) {
  return ReadFile(file, kMaxConfigBytes);
}

Result<std::vector<std::string>> ReadTopLevelFields(
    const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(std::string text, ReadConfigText(file));
  RA_ASSIGN_OR_RETURN(YAML::Node document, Parse(text, file.string()));
  std::vector<std::string> names;
  if (!document.IsMap()) return names;
  for (const auto& entry : document) {
    if (entry.first.IsScalar()) names.push_back(entry.first.Scalar());
  }
  return names;
}

}  // namespace rankadaptor::runners
