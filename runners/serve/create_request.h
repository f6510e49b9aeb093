// What a `create` request asks for, checked.
#ifndef RANKADAPTOR_RUNNERS_SERVE_CREATE_REQUEST_H_
#define RANKADAPTOR_RUNNERS_SERVE_CREATE_REQUEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/ask_tell_study.h"

#include "runners/serve/json_field.h"
#include "runners/serve/served_space.h"

namespace rankadaptor::runners {

struct CreateRequest {
  ServedSpace space;
  Direction direction = Direction::kMaximize;
  uint64_t seed = 0;
  std::string strategy;
  std::vector<double> fidelities = {1};
  std::vector<SourceStudy> sources;
};

// Reads `create`, of which the fields `op` and `study` are ignored. Errors name
// the field. Only `space` is required.
Result<CreateRequest> ParseCreateRequest(const JsonField& create);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_CREATE_REQUEST_H_
