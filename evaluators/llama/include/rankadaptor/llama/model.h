// A LLaMA-family model in memory: weights on a device with their shapes. Loaded
// from and saved to Hugging Face folders; pruned models keep per-layer shapes.
//
//   RA_ASSIGN_OR_RETURN(Model model, Model::Load("stories260K", {}));
//   RA_ASSIGN_OR_RETURN(std::vector<float> nll,
//                       model.TokenNlls({1, 403, 407}));
//
// Const members are thread-safe; copies share weights (they are never changed
// in place once a Model holds them).
#ifndef RANKADAPTOR_LLAMA_MODEL_H_
#define RANKADAPTOR_LLAMA_MODEL_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama {

namespace internal {
class Transformer;
}

struct ModelOptions {
  Dtype dtype = Dtype::kFloat32;  // weights are converted to it
  DeviceKind device = DeviceKind::kCpu;
};

class Model {
 public:
  // Reads config.json and the safetensors of `folder`. Errors name the file,
  // the tensor and what was expected (missing, unexpected, wrong shape, wrong
  // dtype). F32, BF16 and F16 files are accepted.
  static Result<Model> Load(const std::filesystem::path& folder,
                            const ModelOptions& options);

  // Wraps a transformer built by code (pruning, training).
  explicit Model(std::shared_ptr<const internal::Transformer> transformer);

  // Writes config.json and model.safetensors into an existing folder, weights
  // as `dtype`. A reload in the same dtype gives identical logits.
  Status Save(const std::filesystem::path& folder, Dtype dtype) const;

  const LlamaConfig& config() const;
  Dtype dtype() const;
  DeviceKind device() const;
  int64_t NumParameters() const;

  // Logits of every position, fp32: [ids.size(), vocab_size], row-major.
  Result<std::vector<float>> Logits(const std::vector<int32_t>& ids) const;

  // -log p(ids[i+1] | ids[0..i]) in nats, fp32: [ids.size() - 1].
  Result<std::vector<float>> TokenNlls(const std::vector<int32_t>& ids) const;

  // For the other parts of this evaluator (model/transformer.h).
  const internal::Transformer& transformer() const { return *transformer_; }

 private:
  // Shared because copies of a Model are cheap views of the same weights.
  std::shared_ptr<const internal::Transformer> transformer_;
};

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_MODEL_H_
