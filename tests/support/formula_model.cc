#include "tests/support/formula_model.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/safetensors.h"

namespace rankadaptor::testing {
namespace {

// 64-bit FNV-1a.
uint64_t NameHash(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char byte : name) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

// In [-1, 1), a multiple of 2^-23: splitmix64.
double Uniform(uint64_t start, uint64_t index) {
  uint64_t z = start + 0x9e3779b97f4a7c15u * (index + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) / 8388608.0 - 1;
}

struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

NamedTensor Make(const std::string& name, std::vector<int64_t> shape) {
  int64_t size = 1;
  for (int64_t n : shape) size *= n;
  const uint64_t start = NameHash(name);
  const bool norm = name.find("norm") != std::string::npos;
  const bool matrix =
      shape.size() == 2 && name.find("embed") == std::string::npos;
  const double scale =
      matrix ? std::sqrt(3.0 / static_cast<double>(shape[1])) : 1.0;
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i) {
    const double u = Uniform(start, static_cast<uint64_t>(i));
    values.push_back(static_cast<float>(norm ? 1 + 0.25 * u : scale * u));
  }
  return {name, std::move(shape), std::move(values)};
}

std::vector<NamedTensor> MakeAll(const llama::LlamaConfig& config) {
  std::vector<NamedTensor> tensors;
  const std::vector<int64_t> table = {config.vocab_size, config.hidden_size};
  tensors.push_back(Make("model.embed_tokens.weight", table));
  for (int i = 0; i < config.num_layers(); ++i) {
    for (const auto& tensor : llama::LayerTensors(config)) {
      tensors.push_back(
          Make("model.layers." + std::to_string(i) + "." + tensor.name,
               llama::TensorShape(config, i, tensor)));
    }
  }
  tensors.push_back(Make("model.norm.weight", {config.hidden_size}));
  if (!config.tie_word_embeddings) {
    tensors.push_back(Make("lm_head.weight", table));
  }
  return tensors;
}

}  // namespace

void WriteFormulaModel(const std::string& config_json,
                       const std::filesystem::path& folder) {
  auto config = llama::ParseLlamaConfig(config_json, "config.json");
  ASSERT_TRUE(config) << config.error().message;
  const std::vector<NamedTensor> tensors = MakeAll(*config);
  std::vector<llama::TensorToWrite> to_write;
  for (const NamedTensor& tensor : tensors) {
    to_write.push_back({tensor.name,
                        "F32",
                        tensor.shape,
                        std::as_bytes(std::span(tensor.values))});
  }
  ASSERT_TRUE(llama::WriteSafetensors(
      folder / "model.safetensors", std::move(to_write), {{"format", "pt"}}));
  ASSERT_TRUE(WriteFileAtomically(folder / "config.json", config_json));
}

}  // namespace rankadaptor::testing
