// docs/config.md is what the schema says: RANKADAPTOR_UPDATE_DOCS=1 writes it.
#include "tests/unit/runners/config_reference.h"

#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/v1/rule.pb.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// `page` with what stands between the marks replaced.
std::string WithReference(std::string page, const std::string& reference) {
  const size_t begin = page.find("<!-- reference: begin");
  const size_t end = page.find("\n<!-- reference: end -->");
  EXPECT_TRUE(begin != page.npos && end != page.npos);
  const size_t first = page.find('\n', begin) + 1;
  return page.replace(first, end - first, reference);
}

std::vector<const FieldDescriptor*> AllFields() {
  std::vector<const FieldDescriptor*> fields;
  for (const ConfigMessage& found : ConfigMessages(ConfigRoots())) {
    for (int i = 0; i < found.message->field_count(); ++i) {
      fields.push_back(found.message->field(i));
    }
  }
  return fields;
}

TEST(ConfigReference, IsWhatTheSchemaSays) {
  const std::string page = ReadFile(CONFIG_PAGE).value();
  const std::string expected =
      WithReference(page, ConfigReference(SchemaComments()));
  if (std::getenv("RANKADAPTOR_UPDATE_DOCS") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(CONFIG_PAGE, expected));
  } else {
    EXPECT_EQ(page, expected) << "RANKADAPTOR_UPDATE_DOCS=1 writes the page";
  }
}

TEST(ConfigReference, LeavesNoMessageOut) {
  std::set<const Descriptor*> shown;
  std::set<const FileDescriptor*> files;
  for (const ConfigMessage& found : ConfigMessages(ConfigRoots())) {
    shown.insert(found.message);
    files.insert(found.message->file());
  }
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      EXPECT_TRUE(shown.contains(file->message_type(i)))
          << file->message_type(i)->name()
          << " is in no config that ConfigRoots() knows";
    }
  }
}

TEST(ConfigReference, EveryFieldHasAComment) {
  const SchemaComments comments;
  for (const FieldDescriptor* field : AllFields()) {
    EXPECT_NE(comments.Of(*field), "") << field->full_name();
  }
}

TEST(ConfigReference, EveryFieldIsRequiredOrSaysItsDefault) {
  for (const FieldDescriptor* field : AllFields()) {
    const v1::FieldRule& rule = field->options().GetExtension(v1::rule);
    const int num_said = static_cast<int>(rule.required()) +
                         static_cast<int>(rule.has_default_value()) +
                         static_cast<int>(rule.has_default_text());
    const bool may_be_silent = field->real_containing_oneof() != nullptr;
    EXPECT_LE(num_said, 1) << field->full_name();
    EXPECT_TRUE(num_said == 1 || may_be_silent)
        << field->full_name() << " wants required, default_value or "
        << "default_text in its rule";
  }
}

}  // namespace
}  // namespace rankadaptor::runners
