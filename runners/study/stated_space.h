// A search space as a config states it (proto/rankadaptor/v1/space.proto).
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STUDY_STATED_SPACE_H_
#define RANKADAPTOR_RUNNERS_STUDY_STATED_SPACE_H_

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/v1/space.pb.h"

#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// Errors name fields below `field`.
Result<SearchSpace> StatedSpace(const v1::SpaceConfig& config,
                                const ConfigField& field);

// The parameters as a config would state them, for a study to keep; constraints
// are left out.
v1::SpaceConfig ConfigOf(const SearchSpace& space);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_STATED_SPACE_H_
