// The LLaMA parts of configs as the option structs of the evaluator: defaults
// are filled in where a field is left out, and what one field alone cannot tell
// (a range that ends before it starts) is refused with its place. Messages go
// no further than here.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_LLAMA_OPTIONS_H_
#define RANKADAPTOR_RUNNERS_LLAMA_LLAMA_OPTIONS_H_

#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/nested_preview.h"
#include "rankadaptor/llama/pretraining.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/tokenizer.h"
#include "rankadaptor/v1/llama.pb.h"
#include "rankadaptor/v1/pretrain.pb.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// An unset message field has the enumerator UNSPECIFIED and means the default.
llama::DeviceKind DeviceFrom(v1::Device device);
llama::Dtype DtypeFrom(v1::Dtype dtype);

llama::LearningRateDecay DecayFrom(v1::LearningRateDecay decay,
                                   llama::LearningRateDecay otherwise);

// kInvalidArgument if the range is empty or backwards.
Result<llama::LayerRange> LayerRangeFrom(const v1::LayerRange& range,
                                         const ConfigField& field);

llama::PretrainingOptions PretrainingOptionsFrom(
    const v1::PretrainConfig& config);

// Without a seed: that is the caller's.
llama::NestedPreviewOptions NestedPreviewOptionsFrom(
    const v1::NestedRanks& nested);

// The model to train; its vocabulary and special ids are the tokenizer's.
llama::LlamaConfig ModelConfigFrom(const v1::ModelShape& shape,
                                   const llama::Tokenizer& tokenizer);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_LLAMA_OPTIONS_H_
