#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/llama/generation.h"

#include "evaluators/llama/generation/next_token.h"
#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama {
namespace {

// A model in the middle of a text.
class Decoder {
 public:
  Decoder(const Model& model, const Adapter* adapter)
      : transformer_(model.transformer()),
        device_(internal::ToDevice(model.device())) {
    if (adapter != nullptr) forward_.lora = &adapter->modules();
    forward_.cache = &cache_;
  }

  // Logits of the token after what was seen and `ids`, fp32 on the CPU.
  at::Tensor See(std::span<const int32_t> ids) {
    at::Tensor row = at::empty({1, std::ssize(ids)}, at::kLong);
    std::ranges::copy(ids, row.mutable_data_ptr<int64_t>());
    forward_.rows = at::full({1}, std::ssize(ids) - 1, at::kLong).to(device_);
    return transformer_
        .Logits(transformer_.HiddenStates(row.to(device_), forward_))
        .to(at::kCPU, at::kFloat)
        .contiguous();
  }

 private:
  const internal::Transformer& transformer_;
  at::Device device_;
  internal::KvCache cache_;
  internal::ForwardOptions forward_;
};

Status CheckPrompt(std::span<const int32_t> prompt, int64_t vocab_size) {
  if (prompt.empty()) return InvalidArgument("the prompt has no tokens");
  for (int32_t id : prompt) {
    if (id >= 0 && id < vocab_size) continue;
    return InvalidArgument("the prompt's token " + std::to_string(id) +
                           " is not in the model's vocabulary of " +
                           std::to_string(vocab_size));
  }
  return {};
}

Result<Generation> Run(const Model& model,
                       const Adapter* adapter,
                       std::span<const int32_t> prompt,
                       const GenerationOptions& options) {
  const c10::NoGradGuard no_gradients;
  const auto& ends = model.config().eos_token_ids;
  Decoder decoder(model, adapter);
  RandomStream stream(options.seed, "generation");
  Generation generation;
  at::Tensor logits = decoder.See(prompt);
  while (std::ssize(generation.ids) < options.max_new_tokens) {
    if (options.cancellation != nullptr && options.cancellation->cancelled()) {
      return Cancelled("generation was cancelled");
    }
    if (!at::isfinite(logits).all().item<bool>()) {
      return FailedPrecondition("the model's logits are not finite");
    }
    const int32_t next = internal::NextToken(
        {logits.const_data_ptr<float>(), static_cast<size_t>(logits.numel())},
        options,
        stream);
    generation.ended = std::ranges::find(ends, next) != ends.end();
    if (generation.ended) break;
    generation.ids.push_back(next);
    logits = decoder.See({&next, 1});
  }
  return generation;
}

}  // namespace

Status CheckGenerationOptions(const GenerationOptions& options) {
  auto refuse = [](const char* name, double value, const char* allowed) {
    return InvalidArgument(std::string(name) + " = " + std::to_string(value) +
                           "; allowed: " + allowed);
  };
  if (options.max_new_tokens < 1) {
    return InvalidArgument(
        "max_new_tokens = " + std::to_string(options.max_new_tokens) +
        "; allowed: at least 1");
  }
  if (!(options.temperature >= 0) || !std::isfinite(options.temperature)) {
    return refuse("temperature", options.temperature, "at least 0");
  }
  if (options.top_k < 0) {
    return InvalidArgument("top_k = " + std::to_string(options.top_k) +
                           "; allowed: at least 0");
  }
  if (!(options.top_p > 0 && options.top_p <= 1)) {
    return refuse("top_p", options.top_p, "above 0 and at most 1");
  }
  return {};
}

Result<Generation> Generate(const Model& model,
                            const Adapter* adapter,
                            std::span<const int32_t> prompt,
                            const GenerationOptions& options) {
  RA_RETURN_IF_ERROR(CheckGenerationOptions(options));
  RA_RETURN_IF_ERROR(CheckPrompt(prompt, model.config().vocab_size));
  return internal::CatchTorch(
      [&] { return Run(model, adapter, prompt, options); });
}

}  // namespace rankadaptor::llama
