// A config message back as text: to keep in a study, and to say which fields
// make two studies different.
#ifndef RANKADAPTOR_RUNNERS_CONFIG_CONFIG_TEXT_H_
#define RANKADAPTOR_RUNNERS_CONFIG_CONFIG_TEXT_H_

#include <map>
#include <string>

namespace google::protobuf {
class Message;
}

namespace rankadaptor::runners {

// The fields that are given, as JSON that ReadConfig() reads back into an equal
// message. Numbers keep every bit.
std::string FormatConfig(const google::protobuf::Message& message);

// Path and value of every scalar that is given and that must stay the same when
// a study is resumed (rule `may_change` is not set, here or above).
std::map<std::string, std::string> FixedFields(
    const google::protobuf::Message& message);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_CONFIG_TEXT_H_
