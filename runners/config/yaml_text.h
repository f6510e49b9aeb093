// A YAML value back as text of one line.
#ifndef RANKADAPTOR_RUNNERS_CONFIG_YAML_TEXT_H_
#define RANKADAPTOR_RUNNERS_CONFIG_YAML_TEXT_H_

#include <string>

namespace YAML {
class Node;
}

namespace rankadaptor::runners {

// In flow style, e.g. `[a, {b: "1"}]`; reads back as the same value. Text that
// is not a plain word or number is put in quotes. An empty value is "null".
std::string FlowText(const YAML::Node& node);

// The value as JSON. Plain scalars that are null, true, false or a number of
// JSON are that, all others text; of keys that are equal the last one counts.
std::string JsonText(const YAML::Node& node);

// The text that a scalar in flow style stands for: without its quotes.
std::string TextOfFlow(const std::string& flow);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_YAML_TEXT_H_
