// Whether adapters fit a model.
#ifndef RANKADAPTOR_LLAMA_TRAINING_LORA_CHECKS_H_
#define RANKADAPTOR_LLAMA_TRAINING_LORA_CHECKS_H_

#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model_config.h"

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {

// "model.layers.3.self_attn.q_proj", as PEFT and the checkpoints say it.
std::string ModuleName(int layer, Projection projection);

// kInvalidArgument, naming the module, unless every adapted module has A
// [rank, in] and B [out, rank] for the shapes of `config`.
Status CheckFits(const LoraModules& modules, const LlamaConfig& config);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_LORA_CHECKS_H_
