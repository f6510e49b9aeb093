#include "evaluators/llama/export/gguf_tensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {
namespace {

// The parts of Hugging Face's names that GGUF calls otherwise.
const std::map<std::string, std::string>& ModuleNames() {
  static const std::map<std::string, std::string> names = {
      {"input_layernorm", "attn_norm"},
      {"self_attn.q_proj", "attn_q"},
      {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"},
      {"self_attn.q_norm", "attn_q_norm"},
      {"self_attn.k_norm", "attn_k_norm"},
      {"post_attention_layernorm", "ffn_norm"},
      {"mlp.gate_proj", "ffn_gate"},
      {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},
      {"model.embed_tokens", "token_embd"},
      {"model.norm", "output_norm"},
      {"lm_head", "output"}};
  return names;
}

// "model.layers.3.mlp.up_proj.weight" -> layer 3, "mlp.up_proj", ".weight";
// layer -1 where the tensor is of no layer.
struct HuggingFaceName {
  int layer = -1;
  std::string module;
  std::string kind;
};

HuggingFaceName SplitName(const std::string& name) {
  static const std::string kLayers = "model.layers.";
  HuggingFaceName split;
  const size_t end = name.rfind('.');
  split.module = name.substr(0, end);
  split.kind = name.substr(end);
  if (!name.starts_with(kLayers)) return split;
  const size_t dot = name.find('.', kLayers.size());
  split.layer = std::stoi(name.substr(kLayers.size(), dot - kLayers.size()));
  split.module = split.module.substr(dot + 1);
  return split;
}

// Rows half a head apart become neighbours, of a matrix or a bias.
at::Tensor PairNeighbours(const at::Tensor& weight, int64_t head_dim) {
  return weight.view({-1, 2, head_dim / 2, weight.numel() / weight.size(0)})
      .transpose(1, 2);
}

Result<GgufWeight> Place(const std::string& name,
                         const at::Tensor& tensor,
                         const LlamaConfig& config,
                         const GgufArchitecture& architecture) {
  const auto [layer, module, kind] = SplitName(name);
  const auto found = ModuleNames().find(module);
  if (found == ModuleNames().end()) {
    return InvalidArgument("gguf: tensor " + name + " has no place in it");
  }
  GgufWeight placed{
      found->second + kind, tensor.sizes().vec(), tensor.detach()};
  if (layer >= 0) {
    placed.name = "blk." + std::to_string(layer) + "." + placed.name;
  }
  const bool turned = found->second == "attn_q" || found->second == "attn_k";
  if (turned && architecture.turns_neighbours) {
    placed.tensor = PairNeighbours(placed.tensor, config.head_dim);
  }
  return placed;
}

// By what llama.cpp divides the rotary frequencies: [head_dim / 2].
at::Tensor FrequencyDivisors(const LlamaConfig& config) {
  const Llama3RopeScaling& scaling = *config.rope_scaling;
  const auto original =
      static_cast<double>(scaling.original_max_position_embeddings);
  at::Tensor divisors = at::ones({config.head_dim / 2}, at::kFloat);
  for (int64_t k = 0; k < divisors.size(0); ++k) {
    const double frequency = std::pow(
        config.rope_theta,
        -2.0 * static_cast<double>(k) / static_cast<double>(config.head_dim));
    const double turns = original * frequency / (2 * std::numbers::pi);
    const double share =
        std::clamp((turns - scaling.low_freq_factor) /
                       (scaling.high_freq_factor - scaling.low_freq_factor),
                   0.0,
                   1.0);
    divisors[k] = 1 / ((1 - share) / scaling.factor + share);
  }
  return divisors;
}

}  // namespace

Result<std::vector<GgufWeight>> GgufWeights(
    const Model& model, const GgufArchitecture& architecture) {
  std::vector<GgufWeight> placed;
  for (const auto& [name, tensor] :
       NamedTensors(model.transformer().weights())) {
    RA_ASSIGN_OR_RETURN(GgufWeight one,
                        Place(name, tensor, model.config(), architecture));
    placed.push_back(std::move(one));
  }
  if (model.config().rope_scaling) {
    const at::Tensor divisors = FrequencyDivisors(model.config());
    placed.push_back({"rope_freqs.weight", divisors.sizes().vec(), divisors});
  }
  return placed;
}

}  // namespace rankadaptor::llama::internal
