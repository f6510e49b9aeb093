// Rounding of one matrix to few values per group.
#ifndef RANKADAPTOR_LLAMA_QUANTISATION_ROUND_TO_NEAREST_H_
#define RANKADAPTOR_LLAMA_QUANTISATION_ROUND_TO_NEAREST_H_

#include <ATen/ATen.h>

namespace rankadaptor::llama::internal {

// What `weight` [out, in] becomes at `bits` bits per value, in its own dtype.
// Each `group_size` consecutive values of a row (the last group: what is left)
// have 2^bits evenly spaced values between their minimum and maximum; minimum
// and step are rounded to 16-bit floats. Not finite where these are not.
at::Tensor RoundToNearest(const at::Tensor& weight, int bits, int group_size);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_QUANTISATION_ROUND_TO_NEAREST_H_
