#include "rankadaptor/llama/quantisation.h"

#include <memory>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/quantisation/round_to_nearest.h"

namespace rankadaptor::llama {
namespace {

using internal::Transformer;
using internal::Weights;

constexpr int64_t kBitsOfGroup = 32;  // a step and a minimum

Status CheckArguments(const LlamaConfig& config,
                      const std::vector<int>& bits,
                      const QuantisationOptions& options) {
  if (static_cast<int>(bits.size()) != config.num_layers()) {
    return InvalidArgument(std::to_string(bits.size()) +
                           " bit widths for a model of " +
                           std::to_string(config.num_layers()) + " layers");
  }
  for (int width : bits) {
    if (width < kMinBits || width > kMaxBits) {
      return InvalidArgument("bit width " + std::to_string(width) +
                             " is not from " + std::to_string(kMinBits) +
                             " to " + std::to_string(kMaxBits));
    }
  }
  if (options.group_size < 2) {
    return InvalidArgument("group size " + std::to_string(options.group_size) +
                           " is not at least 2");
  }
  return {};
}

Result<Model> Quantise(const Transformer& transformer,
                       const std::vector<int>& bits,
                       int group_size) {
  const c10::NoGradGuard no_gradients;
  Weights weights = transformer.weights();
  for (size_t layer = 0; layer < bits.size(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      at::Tensor& weight = weights.layers[layer][projection];
      weight = internal::RoundToNearest(weight, bits[layer], group_size);
      if (!at::isfinite(weight).all().item<bool>()) {
        return FailedPrecondition("layer " + std::to_string(layer) + " " +
                                  ProjectionName(projection) +
                                  " has values beyond a 16-bit float");
      }
    }
  }
  return Model(std::make_shared<const Transformer>(transformer.config(),
                                                   std::move(weights)));
}

}  // namespace

Result<Model> QuantiseLayers(const Model& model,
                             const std::vector<int>& bits,
                             const QuantisationOptions& options) {
  RA_RETURN_IF_ERROR(CheckArguments(model.config(), bits, options));
  return internal::CatchTorch(
      [&] { return Quantise(model.transformer(), bits, options.group_size); });
}

int64_t QuantisedLayerBytes(const LlamaConfig& config,
                            int layer,
                            int bits,
                            const QuantisationOptions& options) {
  int64_t sum = 0;
  for (int p = 0; p < kNumProjections; ++p) {
    const MatrixShape shape =
        ProjectionShape(config, layer, static_cast<Projection>(p));
    const int64_t groups =
        (shape.columns + options.group_size - 1) / options.group_size;
    sum += shape.rows * (shape.columns * bits + groups * kBitsOfGroup);
  }
  return (sum + 7) / 8;
}

}  // namespace rankadaptor::llama
