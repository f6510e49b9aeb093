#include "rankadaptor/llama/model.h"

#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/safetensors.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;

// Hands out the tensors of a checkpoint, each once, and knows which are left.
class CheckpointReader {
 public:
  CheckpointReader(const fs::path& folder,
                   const CheckpointFiles& files,
                   const ModelOptions& options)
      : folder_(folder), files_(files), options_(options) {}

  Result<at::Tensor> Take(const std::string& name,
                          const std::vector<int64_t>& shape) {
    auto found = files_.tensors().find(name);
    if (found == files_.tensors().end()) {
      return DataLoss(folder_.string() + ": tensor " + name + " is missing");
    }
    if (found->second.shape != shape) {
      return DataLoss(folder_.string() + ": tensor " + name + " has shape " +
                      Describe(found->second.shape) + ", config.json says " +
                      Describe(shape));
    }
    taken_.insert(name);
    auto tensor = internal::ToTensor(name,
                                     found->second,
                                     internal::ToScalarType(options_.dtype),
                                     internal::ToDevice(options_.device));
    if (!tensor) return InContext(folder_.string(), tensor.error());
    return *tensor;
  }

  // Every tensor of the files must have been taken, but for rotary tables of
  // old checkpoints and an output matrix that is tied anyway.
  Status CheckNothingLeft(bool tied) const {
    for (const auto& [name, view] : files_.tensors()) {
      if (taken_.contains(name)) continue;
      if (name.ends_with("rotary_emb.inv_freq")) continue;
      if (tied && name == "lm_head.weight") continue;
      return DataLoss(folder_.string() + ": unexpected tensor " + name +
                      "; the model that config.json describes has none "
                      "of that name");
    }
    return {};
  }

 private:
  static std::string Describe(const std::vector<int64_t>& shape) {
    std::string text = "[";
    for (size_t i = 0; i < shape.size(); ++i) {
      text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
  }

  const fs::path& folder_;
  const CheckpointFiles& files_;
  const ModelOptions& options_;
  std::set<std::string> taken_;
};

// The place of a tensor in a layer.
at::Tensor& Place(internal::LayerWeights& layer, std::string_view name) {
  at::Tensor* place = nullptr;
  internal::ForEachTensor(layer,
                          [&](std::string_view other, at::Tensor& tensor) {
                            if (other == name) place = &tensor;
                          });
  RA_CHECK(place != nullptr) << "no layer has a place for " << name;
  return *place;
}

Result<internal::LayerWeights> ReadLayer(CheckpointReader& reader,
                                         const LlamaConfig& config,
                                         int layer) {
  const std::string prefix = "model.layers." + std::to_string(layer) + ".";
  internal::LayerWeights weights;
  for (const LayerTensor& tensor : LayerTensors(config)) {
    RA_ASSIGN_OR_RETURN(
        Place(weights, tensor.name),
        reader.Take(prefix + tensor.name, TensorShape(config, layer, tensor)));
  }
  return weights;
}

Result<internal::Weights> ReadWeights(CheckpointReader& reader,
                                      const LlamaConfig& config) {
  internal::Weights weights;
  RA_ASSIGN_OR_RETURN(weights.embed_tokens,
                      reader.Take("model.embed_tokens.weight",
                                  {config.vocab_size, config.hidden_size}));
  for (int i = 0; i < config.num_layers(); ++i) {
    RA_ASSIGN_OR_RETURN(internal::LayerWeights layer,
                        ReadLayer(reader, config, i));
    weights.layers.push_back(std::move(layer));
  }
  RA_ASSIGN_OR_RETURN(weights.final_norm,
                      reader.Take("model.norm.weight", {config.hidden_size}));
  if (!config.tie_word_embeddings) {
    RA_ASSIGN_OR_RETURN(
        weights.lm_head,
        reader.Take("lm_head.weight", {config.vocab_size, config.hidden_size}));
  }
  RA_RETURN_IF_ERROR(reader.CheckNothingLeft(config.tie_word_embeddings));
  return weights;
}

Status CheckIds(const std::vector<int32_t>& ids, int64_t vocab_size) {
  if (ids.empty()) return InvalidArgument("a sequence needs at least one id");
  for (int32_t id : ids) {
    if (id < 0 || id >= vocab_size) {
      return InvalidArgument("id " + std::to_string(id) +
                             " is outside the vocabulary of " +
                             std::to_string(vocab_size));
    }
  }
  return {};
}

std::vector<float> ToVector(const at::Tensor& tensor) {
  at::Tensor flat = tensor.to(at::kCPU, at::kFloat).contiguous();
  const float* data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
}

}  // namespace

Model::Model(std::shared_ptr<const internal::Transformer> transformer)
    : transformer_(std::move(transformer)) {}

Result<Model> Model::Load(const fs::path& folder, const ModelOptions& options) {
  if (options.dtype == Dtype::kFloat16) {
    return InvalidArgument(
        "models compute in float32 or bfloat16; float16 is for files only");
  }
  RA_RETURN_IF_ERROR(OpenDevice(options.device));
  const fs::path config_file = folder / "config.json";
  RA_ASSIGN_OR_RETURN(std::string json, ReadFile(config_file));
  RA_ASSIGN_OR_RETURN(LlamaConfig config, ParseLlamaConfig(json, config_file));
  RA_ASSIGN_OR_RETURN(CheckpointFiles files, CheckpointFiles::Open(folder));
  return internal::CatchTorch([&]() -> Result<Model> {
    CheckpointReader reader(folder, files, options);
    RA_ASSIGN_OR_RETURN(internal::Weights weights, ReadWeights(reader, config));
    return Model(std::make_shared<const internal::Transformer>(
        std::move(config), std::move(weights)));
  });
}

Status Model::Save(const fs::path& folder, Dtype dtype) const {
  return internal::CatchTorch([&]() -> Status {
    RA_RETURN_IF_ERROR(
        internal::WriteTensors(folder / "model.safetensors",
                               internal::NamedTensors(transformer_->weights()),
                               internal::ToScalarType(dtype)));
    return WriteFileAtomically(folder / "config.json",
                               FormatLlamaConfig(config(), DtypeName(dtype)));
  });
}

const LlamaConfig& Model::config() const { return transformer_->config(); }

Dtype Model::dtype() const {
  return transformer_->weights().embed_tokens.scalar_type() == at::kFloat
             ? Dtype::kFloat32
             : Dtype::kBFloat16;
}

DeviceKind Model::device() const {
  return transformer_->weights().embed_tokens.is_cuda() ? DeviceKind::kCuda
                                                        : DeviceKind::kCpu;
}

int64_t Model::NumParameters() const { return llama::NumParameters(config()); }

Result<std::vector<float>> Model::Logits(
    const std::vector<int32_t>& ids) const {
  RA_RETURN_IF_ERROR(CheckIds(ids, config().vocab_size));
  return internal::CatchTorch([&]() -> Result<std::vector<float>> {
    c10::NoGradGuard no_grad;
    at::Tensor input =
        at::tensor(ids, at::kInt).to(internal::ToDevice(device()), at::kLong);
    return ToVector(
        transformer_->Logits(transformer_->HiddenStates(input.unsqueeze(0))));
  });
}

Result<std::vector<float>> Model::TokenNlls(
    const std::vector<int32_t>& ids) const {
  RA_RETURN_IF_ERROR(CheckIds(ids, config().vocab_size));
  if (ids.size() < 2) return std::vector<float>();
  return internal::CatchTorch([&]() -> Result<std::vector<float>> {
    c10::NoGradGuard no_grad;
    const auto length = static_cast<int64_t>(ids.size());
    at::Tensor all =
        at::tensor(ids, at::kInt).to(internal::ToDevice(device()), at::kLong);
    at::Tensor logits = transformer_->Logits(
        transformer_->HiddenStates(all.narrow(0, 0, length - 1).unsqueeze(0)));
    return ToVector(at::cross_entropy_loss(logits.squeeze(0).to(at::kFloat),
                                           all.narrow(0, 1, length - 1),
                                           {},
                                           at::Reduction::None));
  });
}

}  // namespace rankadaptor::llama
