// One line of the protocol as JSON.
#ifndef RANKADAPTOR_RUNNERS_SERVE_JSON_LINE_H_
#define RANKADAPTOR_RUNNERS_SERVE_JSON_LINE_H_

#include <string_view>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// The object in `line`. kInvalidArgument if it is not JSON, is no object, nests
// more than 16 deep, or has NaN or Infinity, which some languages write as if
// they were JSON; the sentence names the field they stand in.
Result<nlohmann::json> ParseJsonLine(std::string_view line);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_JSON_LINE_H_
