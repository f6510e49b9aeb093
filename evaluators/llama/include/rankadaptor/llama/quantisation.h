// Weights of fewer bits, one width per layer: the seven matrices of a decoder
// layer are rounded to the nearest of 2^bits values in groups of consecutive
// inputs, each group with a step and a minimum of 16 bits. Embeddings, norms
// and biases stay as they are. The weights are kept as what they round to, so
// that the model computes as before: this measures what bits cost in quality
// and counts what they save, it does not run faster.
//
//   RA_ASSIGN_OR_RETURN(Model small, QuantiseLayers(model, {8, 4, 3}, {}));
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_QUANTISATION_H_
#define RANKADAPTOR_LLAMA_QUANTISATION_H_

#include <cstdint>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama {

inline constexpr int kMinBits = 1;
inline constexpr int kMaxBits = 8;

struct QuantisationOptions {
  // Inputs that share a step and a minimum, at least 2; the last group of a row
  // has what is left. Smaller groups are rounded better and cost more bits.
  int group_size = 32;
};

// The model with the matrices of layer i rounded to bits[i] bits.
// kInvalidArgument names the number of layers, the width or the group size that
// is out of range, kFailedPrecondition the tensor with values that 16 bits
// cannot hold.
Result<Model> QuantiseLayers(const Model& model,
                             const std::vector<int>& bits,
                             const QuantisationOptions& options);

// Bytes of one layer's matrices at this width, steps and minima included.
// Requires a width and a group size in range.
int64_t QuantisedLayerBytes(const LlamaConfig& config,
                            int layer,
                            int bits,
                            const QuantisationOptions& options);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_QUANTISATION_H_
