// Reads a config that a person wrote as YAML or JSON into a protobuf message.
// The message's descriptor is the only list of fields: what it does not have is
// an error, and so is a wrong type, a value outside the field's rule, a field
// given twice, two fields of a oneof, or a required field that is missing. The
// first problem is reported, with file, line, column, field path and what was
// allowed.
//
//   v1::PruneConfig config;
//   RA_ASSIGN_OR_RETURN(ConfigSource source,
//                       ReadConfigFile("prune.yaml", {}, &config));
#ifndef RANKADAPTOR_RUNNERS_CONFIG_CONFIG_READER_H_
#define RANKADAPTOR_RUNNERS_CONFIG_CONFIG_READER_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "runners/config/config_source.h"

namespace google::protobuf {
class Message;
}

namespace rankadaptor::runners {

// Fills `message`, which must be empty. `name` stands for the document in
// messages. `overrides` are "path.of.field=value", value being YAML; each is
// applied, in order, as if it stood in the document instead of what does.
Result<ConfigSource> ReadConfig(const std::string& text,
                                const std::string& name,
                                const std::vector<std::string>& overrides,
                                google::protobuf::Message* message);

// A field that is set as if it stood in the document, and where that is said.
struct Assignment {
  std::string place;  // e.g. "sweep.yaml:12:5", for messages
  std::string field;  // "path.of.field"
  std::string value;  // YAML
};

// Reads the mapping under the top-level field `field` of a document as if it
// were the whole of it; `name` and places are those of the document. Each of
// `assignments` is applied, in order, instead of what the part says.
Result<ConfigSource> ReadConfigPart(const std::string& text,
                                    const std::string& name,
                                    const std::string& field,
                                    const std::vector<Assignment>& assignments,
                                    google::protobuf::Message* message);

// A config's bytes, at most 1 MiB.
Result<std::string> ReadConfigText(const std::filesystem::path& file);

// ReadConfig() of a file.
Result<ConfigSource> ReadConfigFile(const std::filesystem::path& file,
                                    const std::vector<std::string>& overrides,
                                    google::protobuf::Message* message);

// The names of the outermost fields of a config, in its order; for telling
// which message it is.
Result<std::vector<std::string>> ReadTopLevelFields(
    const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_CONFIG_READER_H_
