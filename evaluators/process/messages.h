// Values of the engine as messages of the protocol, and back.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_MESSAGES_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_MESSAGES_H_

#include "rankadaptor/common/result.h"
#include "rankadaptor/evaluator/v1/protocol.pb.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::process::internal {

namespace v1 = evaluator::v1;

constexpr uint32_t kProtocolMajor = 1;
constexpr uint32_t kProtocolMinor = 1;

// kFailedPrecondition unless a message of this version can be understood.
Status CheckProtocol(uint32_t major, uint32_t minor);

v1::Space MessageOf(const SearchSpace& space);
// Errors as SearchSpace::Create().
Result<SearchSpace> SpaceOf(const v1::Space& message);

// Without the descriptors of parameters, do the two mean the same?
bool SameSpace(const SearchSpace& a, const SearchSpace& b);

v1::Evaluate MessageOf(const Configuration& configuration,
                       const SearchSpace& space,
                       const TrialContext& trial);

// kInternal if objective or a metric is not finite or a metric's name is
// repeated.
Result<Measurement> MeasurementOf(const v1::Measured& message, bool minimised);
v1::Measured MessageOf(const Measurement& measurement);

v1::Failed MessageOf(const Error& error);
tl::unexpected<Error> ErrorOf(const v1::Failed& message);

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_MESSAGES_H_
