// The schema only grows: everything in proto/golden/v1.descriptor.binpb must
// still be there with the same number, type and label. After an addition, run
// with RANKADAPTOR_UPDATE_GOLDEN=1 to take it into the golden file.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "rankadaptor/common/file.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using testing::IsEmpty;
using testing::SizeIs;

FileDescriptorSet Load(const char* file) {
  FileDescriptorSet set;
  Result<std::string> bytes = ReadFile(file);
  EXPECT_TRUE(bytes) << bytes.error().message;
  EXPECT_TRUE(set.ParseFromString(bytes.value_or("")));
  return set;
}

template <typename T>
const T* Find(const google::protobuf::RepeatedPtrField<T>& items,
              const std::string& name) {
  for (const T& item : items) {
    if (item.name() == name) return &item;
  }
  return nullptr;
}

using Problems = std::vector<std::string>;

void CompareField(const std::string& name,
                  const FieldDescriptorProto& before,
                  const FieldDescriptorProto* now,
                  Problems& problems) {
  if (now == nullptr) {
    problems.push_back(name + " was removed");
    return;
  }
  if (now->number() != before.number()) problems.push_back(name + ": number");
  if (now->type() != before.type()) problems.push_back(name + ": type");
  if (now->type_name() != before.type_name()) {
    problems.push_back(name + ": type name");
  }
  if (now->label() != before.label()) problems.push_back(name + ": label");
}

void CompareEnum(const std::string& name,
                 const EnumDescriptorProto& before,
                 const EnumDescriptorProto* now,
                 Problems& problems) {
  if (now == nullptr) {
    problems.push_back(name + " was removed");
    return;
  }
  for (const auto& value : before.value()) {
    const auto* same = Find(now->value(), value.name());
    if (same == nullptr || same->number() != value.number()) {
      problems.push_back(name + "." + value.name());
    }
  }
}

void CompareMessage(const std::string& name,
                    const DescriptorProto& before,
                    const DescriptorProto* now,
                    Problems& problems) {
  if (now == nullptr) {
    problems.push_back(name + " was removed");
    return;
  }
  for (const auto& field : before.field()) {
    CompareField(name + "." + field.name(),
                 field,
                 Find(now->field(), field.name()),
                 problems);
  }
  for (const auto& type : before.enum_type()) {
    CompareEnum(name + "." + type.name(),
                type,
                Find(now->enum_type(), type.name()),
                problems);
  }
}

// By name. A message may move to another file of its package: configs and
// messages on the wire do not know files.
std::map<std::string, FileDescriptorProto> Packages(
    const FileDescriptorSet& schema) {
  std::map<std::string, FileDescriptorProto> packages;
  for (const auto& file : schema.file()) {
    packages[file.package()].MergeFrom(file);
  }
  return packages;
}

void ComparePackage(const FileDescriptorProto& before,
                    const FileDescriptorProto& now,
                    Problems& problems) {
  for (const auto& type : before.message_type()) {
    CompareMessage(
        type.name(), type, Find(now.message_type(), type.name()), problems);
  }
  for (const auto& type : before.enum_type()) {
    CompareEnum(
        type.name(), type, Find(now.enum_type(), type.name()), problems);
  }
}

Problems Compare(const FileDescriptorSet& before,
                 const FileDescriptorSet& now) {
  Problems problems;
  std::map<std::string, FileDescriptorProto> packages = Packages(now);
  for (const auto& [name, package] : Packages(before)) {
    ComparePackage(package, packages[name], problems);
  }
  return problems;
}

TEST(Schema, OnlyAdditionsAreMade) {
  FileDescriptorSet now = Load(SCHEMA_FILE);
  if (std::getenv("RANKADAPTOR_UPDATE_GOLDEN") != nullptr) {
    FileDescriptorSet bare = now;
    for (auto& file : *bare.mutable_file()) file.clear_source_code_info();
    ASSERT_TRUE(
        WriteFileAtomically(GOLDEN_SCHEMA_FILE, bare.SerializeAsString()));
  }
  EXPECT_THAT(Compare(Load(GOLDEN_SCHEMA_FILE), now), IsEmpty());
}

TEST(Schema, RemovedRenumberedAndRetypedFieldsAreSeen) {
  FileDescriptorSet now = Load(SCHEMA_FILE);
  FileDescriptorSet before = now;
  DescriptorProto* type = before.mutable_file(0)->mutable_message_type(0);
  type->add_field()->set_name("gone");
  type->mutable_field(0)->set_number(99);
  type->mutable_field(1)->set_type(FieldDescriptorProto::TYPE_BYTES);
  EXPECT_THAT(Compare(before, now), SizeIs(3));
}

// EnumText() in runners/config relies on it.
TEST(Schema, EnumsStartUnspecified) {
  const FileDescriptorSet schema = Load(SCHEMA_FILE);
  for (const auto& file : schema.file()) {
    for (const auto& type : file.enum_type()) {
      EXPECT_EQ(type.value(0).number(), 0) << type.name();
      EXPECT_THAT(type.value(0).name(), testing::EndsWith("_UNSPECIFIED"));
    }
  }
}

TEST(Schema, EveryFieldOfTheProtocolIsOnItsPage) {
  const std::string protocol = ReadFile(PROTOCOL_PAGE).value();
  const FileDescriptorSet schema = Load(SCHEMA_FILE);
  for (const auto& file : schema.file()) {
    if (file.package() != "rankadaptor.evaluator.v1") continue;
    for (const auto& type : file.message_type()) {
      for (const auto& field : type.field()) {
        EXPECT_THAT(protocol,
                    ::testing::ContainsRegex("[`{, ]" + field.name() + "[`:]"))
            << "of " << type.name();
      }
    }
  }
}

}  // namespace
}  // namespace rankadaptor::runners
