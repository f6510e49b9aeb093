#include "tests/unit/runners/config_reference.h"

#include <algorithm>
#include <sstream>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/v1/pretrain.pb.h"
#include "rankadaptor/v1/prune.pb.h"
#include "rankadaptor/v1/recover.pb.h"
#include "rankadaptor/v1/rule.pb.h"
#include "rankadaptor/v1/sweep.pb.h"

#include "runners/config/field_value.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

const v1::FieldRule& RuleOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule);
}

// --- Messages ----------------------------------------------------------------

bool IsRoot(const Descriptor& message, const std::vector<ConfigRoot>& roots) {
  return std::ranges::any_of(
      roots, [&](const ConfigRoot& root) { return root.message == &message; });
}

void AddMessage(const Descriptor& message,
                const std::string& path,
                const std::string& command,
                const std::vector<ConfigRoot>& roots,
                std::vector<ConfigMessage>& messages) {
  auto known = std::ranges::find(messages, &message, &ConfigMessage::message);
  if (known == messages.end()) {
    known = messages.insert(known, {&message, {}});
  }
  if (!path.empty()) {
    known->places.push_back("`" + path + "` of " + command);
  }
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const Descriptor* below = field.message_type();
    if (below == nullptr || IsRoot(*below, roots)) continue;
    AddMessage(*below,
               (path.empty() ? "" : path + ".") + field.name() +
                   (field.is_repeated() ? "[]" : ""),
               command,
               roots,
               messages);
  }
}

// --- Comments ----------------------------------------------------------------

// The lines of a comment as one.
std::string OneLine(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) {
    line += (line.empty() ? "" : " ") + word;
  }
  return line;
}

// Places of parts of the schema, by the field numbers of descriptor.proto.
std::vector<int> PlaceOf(const Descriptor& message) {
  const Descriptor* parent = message.containing_type();
  if (parent == nullptr) {
    return {FileDescriptorProto::kMessageTypeFieldNumber, message.index()};
  }
  std::vector<int> place = PlaceOf(*parent);
  place.insert(place.end(),
               {DescriptorProto::kNestedTypeFieldNumber, message.index()});
  return place;
}

std::vector<int> PlaceOf(const EnumDescriptor& type) {
  const Descriptor* parent = type.containing_type();
  if (parent == nullptr) {
    return {FileDescriptorProto::kEnumTypeFieldNumber, type.index()};
  }
  std::vector<int> place = PlaceOf(*parent);
  place.insert(place.end(),
               {DescriptorProto::kEnumTypeFieldNumber, type.index()});
  return place;
}

// --- The page ----------------------------------------------------------------

// Text in a cell of a table.
std::string Cell(const std::string& text) {
  std::string cell;
  for (char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

std::string Link(const Descriptor& message) {
  std::string anchor = message.name();
  std::ranges::transform(anchor, anchor.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return "[" + message.name() + "](#" + anchor + ")";
}

std::string EnumNames(const FieldDescriptor& field) {
  std::string names;
  for (int i = 1; i < field.enum_type()->value_count(); ++i) {
    names += (names.empty() ? "`" : ", `") +
             EnumText(*field.enum_type()->value(i)) + "`";
  }
  return names;
}

std::string ValueText(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) {
    return (field.is_repeated() ? "a list of " : "") +
           Link(*field.message_type());
  }
  return field.enum_type() != nullptr ? EnumNames(field) : AllowedValues(field);
}

std::string DefaultText(const FieldDescriptor& field) {
  const v1::FieldRule& rule = RuleOf(field);
  const auto* oneof = field.real_containing_oneof();
  if (rule.required()) return "required";
  if (rule.has_default_value()) return "`" + rule.default_value() + "`";
  if (oneof != nullptr) {
    const bool required = oneof->options().GetExtension(v1::one_required);
    return required ? "one of these" : "";
  }
  return rule.default_text();
}

std::string Meaning(const FieldDescriptor& field,
                    const SchemaComments& comments) {
  std::string text = comments.Of(field);
  if (field.enum_type() != nullptr) {
    for (int i = 1; i < field.enum_type()->value_count(); ++i) {
      const EnumValueDescriptor& value = *field.enum_type()->value(i);
      const std::string comment = comments.Of(value);
      if (!comment.empty()) text += " `" + EnumText(value) + "`: " + comment;
    }
  }
  if (RuleOf(field).may_change()) text += " May change when a study goes on.";
  return text;
}

std::string Table(const Descriptor& message, const SchemaComments& comments) {
  std::string table =
      "| field | value | default | meaning |\n|---|---|---|---|\n";
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    table += "| `" + field.name() + "` | " + Cell(ValueText(field)) + " | " +
             Cell(DefaultText(field)) + " | " + Cell(Meaning(field, comments)) +
             " |\n";
  }
  return table;
}

std::string Paragraph(const std::string& text) {
  return text.empty() ? "" : text + "\n\n";
}

std::string Places(const std::vector<std::string>& places) {
  std::string text;
  for (const std::string& place : places) {
    text += (text.empty() ? "Stands at " : ", ") + place;
  }
  return text.empty() ? text : text + ".";
}

std::string Heading(const Descriptor& message,
                    const std::vector<ConfigRoot>& roots) {
  for (const ConfigRoot& root : roots) {
    if (root.message != &message) continue;
    return "## " + message.name() + "\nWhat `rankadaptor " + root.command +
           "` reads.\n\n";
  }
  return "### " + message.name() + "\n";
}

}  // namespace

std::vector<ConfigRoot> ConfigRoots() {
  return {{"search", v1::SearchConfig::descriptor()},
          {"sweep", v1::SweepConfig::descriptor()},
          {"prune", v1::PruneConfig::descriptor()},
          {"recover", v1::RecoverConfig::descriptor()},
          {"pretrain", v1::PretrainConfig::descriptor()}};
}

std::vector<ConfigMessage> ConfigMessages(
    const std::vector<ConfigRoot>& roots) {
  std::vector<ConfigMessage> messages;
  for (const ConfigRoot& root : roots) {
    AddMessage(*root.message, "", root.command, roots, messages);
  }
  return messages;
}

SchemaComments::SchemaComments() {
  FileDescriptorSet schema;
  EXPECT_TRUE(schema.ParseFromString(ReadFile(SCHEMA_FILE).value()));
  for (const auto& file : schema.file()) {
    for (const auto& location : file.source_code_info().location()) {
      comments_[{file.name(),
                 {location.path().begin(), location.path().end()}}] =
          OneLine(location.leading_comments());
    }
  }
}

std::string SchemaComments::At(const Place& place) const {
  const auto comment = comments_.find(place);
  return comment == comments_.end() ? "" : comment->second;
}

std::string SchemaComments::Of(const Descriptor& message) const {
  return At({message.file()->name(), PlaceOf(message)});
}

std::string SchemaComments::Of(const FieldDescriptor& field) const {
  std::vector<int> place = PlaceOf(*field.containing_type());
  place.insert(place.end(),
               {DescriptorProto::kFieldFieldNumber, field.index()});
  return At({field.file()->name(), std::move(place)});
}

std::string SchemaComments::Of(const EnumValueDescriptor& value) const {
  std::vector<int> place = PlaceOf(*value.type());
  place.insert(place.end(),
               {EnumDescriptorProto::kValueFieldNumber, value.index()});
  return At({value.type()->file()->name(), std::move(place)});
}

std::string ConfigReference(const SchemaComments& comments) {
  const std::vector<ConfigRoot> roots = ConfigRoots();
  std::string page;
  for (const auto& [message, places] : ConfigMessages(roots)) {
    page += "\n" + Heading(*message, roots) + Paragraph(comments.Of(*message)) +
            Paragraph(Places(places)) + Table(*message, comments);
  }
  return page;
}

}  // namespace rankadaptor::runners
