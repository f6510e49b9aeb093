// A run of golden/pruner/pruner_<model>.json as kept indices.
#ifndef RANKADAPTOR_TESTS_GOLDEN_SUPPORT_PRUNER_RUN_H_
#define RANKADAPTOR_TESTS_GOLDEN_SUPPORT_PRUNER_RUN_H_

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/llama/kept_indices.h"

namespace rankadaptor::testing {

// Layers that stayed whole have no list of channels.
inline llama::KeptIndices KeptOf(const nlohmann::json& run,
                                 const llama::LlamaConfig& config) {
  llama::KeptIndices kept = llama::KeepEverything(config);
  for (const nlohmann::json& layer : run["kept"]) {
    llama::KeptLayer& entry = kept.layers[layer["layer"].get<size_t>()];
    layer["kept_q_heads"].get_to(entry.q_heads);
    layer["kept_kv_heads"].get_to(entry.kv_heads);
    if (layer.contains("kept_mlp")) {
      layer["kept_mlp"].get_to(entry.mlp_channels);
    }
    EXPECT_EQ(entry.mlp_channels.size(), layer["n_mlp"].get<size_t>());
  }
  return kept;
}

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_GOLDEN_SUPPORT_PRUNER_RUN_H_
