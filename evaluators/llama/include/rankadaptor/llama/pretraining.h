// Trains a LLaMA from random weights on tokenised documents: for models small
// enough to be trained in minutes, such as the embedded one. To adapt a model
// that exists use recovery.h.
//
//   PretrainingOptions options;
//   options.steps = 2000;
//   RA_ASSIGN_OR_RETURN(Model model, Pretrain(config, documents, options));
//   RA_RETURN_IF_ERROR(model.Save(folder, Dtype::kFloat32));
//
// Thread-safe: calls share nothing.
#ifndef RANKADAPTOR_LLAMA_PRETRAINING_H_
#define RANKADAPTOR_LLAMA_PRETRAINING_H_

#include <cstdint>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama {

struct PretrainingOptions {
  int64_t steps = 1000;
  // Positions of one batch, padding included: rows times their length.
  int64_t tokens_per_batch = 2048;
  // Longer documents are cut into windows of this many tokens.
  int64_t row_length = 128;
  double learning_rate = 1e-3;  // the schedule's peak
  int64_t warmup_steps = 100;
  LearningRateDecay decay = LearningRateDecay::kCosine;
  AdamWOptions adamw = {.beta2 = 0.95, .weight_decay = 0.1};
  double max_grad_norm = 1.0;  // 0: gradients are not clipped
  // Decides initial weights and the order of the documents.
  uint64_t seed = 0;
  DeviceKind device = DeviceKind::kCpu;
};

// Starts from normal(0, initializer_range) matrices and norms of 1 and makes
// `options.steps` fp32 updates. Each of `documents` is a list of ids without
// special tokens; it becomes BOS, ids, EOS and is a row (or several windows) of
// its own: nothing is predicted from another document, and every document
// begins at position 0, as it does when the model is scored. Batches hold rows
// of similar length, so little is padding; each token is a target once per
// epoch, and epochs follow each other in orders drawn from the seed.
//
// A token stream is one document of its length.
//
// kInvalidArgument names an option, the configuration's field or the document
// that is out of range; kCancelled; kInternal names the update at which loss or
// gradient was not finite.
Result<Model> Pretrain(const LlamaConfig& config,
                       const std::vector<std::vector<int32_t>>& documents,
                       const PretrainingOptions& options,
                       const TrainingHooks& hooks = {});

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_PRETRAINING_H_
