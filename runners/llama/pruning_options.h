// The pruning part of a config as the option structs of the evaluator.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_PRUNING_OPTIONS_H_
#define RANKADAPTOR_RUNNERS_LLAMA_PRUNING_OPTIONS_H_

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/depth_pruning.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/v1/llama.pb.h"

#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// kInvalidArgument if a range of layers is empty or backwards.
Result<llama::WidthPruneOptions> WidthPruneOptionsFrom(
    const v1::WidthPruning& pruning, const ConfigField& field);

llama::DepthPruneOptions DepthPruneOptionsFrom(const v1::DepthPruning& pruning);

// Where nothing is said there are `window_tokens` in a window.
llama::CalibrationOptions CalibrationOptionsFrom(
    const v1::Calibration& calibration, int64_t window_tokens);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_PRUNING_OPTIONS_H_
