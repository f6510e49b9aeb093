#include "rankadaptor/llama/adapter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/lora_checks.h"

namespace rankadaptor::llama {
namespace {

using internal::LoraModule;
using internal::LoraModules;

// The rank at which kFixedAlphaOverRank equals PEFT's default: the one that
// unsearched layers keep.
constexpr double kReferenceRank = 8;

constexpr std::array kScalePolicies = {
    std::pair{LoraScalePolicy::kFixedAlpha, "fixed_alpha"},
    std::pair{LoraScalePolicy::kFixedAlphaOverRank, "fixed_alpha_over_rank"},
    std::pair{LoraScalePolicy::kRankStabilised, "rank_stabilised"},
};

// Of every module, whichever way they are given.
ModuleRanks RanksOf(const LoraOptions& options) {
  return options.module_ranks.empty() ? PerModule(options.ranks)
                                      : options.module_ranks;
}

Status CheckOptions(const LlamaConfig& config, const LoraOptions& options) {
  const ModuleRanks ranks = RanksOf(options);
  if (ranks.size() != config.layers.size()) {
    return InvalidArgument("ranks has " + std::to_string(ranks.size()) +
                           " entries, the model has " +
                           std::to_string(config.num_layers()) + " layers");
  }
  for (size_t i = 0; i < ranks.size(); ++i) {
    for (int rank : ranks[i]) {
      if (rank >= 0) continue;
      return InvalidArgument("ranks[" + std::to_string(i) +
                             "] = " + std::to_string(rank) + " is negative");
    }
  }
  if (!(options.alpha > 0) || !std::isfinite(options.alpha)) {
    return InvalidArgument("alpha = " + std::to_string(options.alpha) +
                           " is not positive");
  }
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    return InvalidArgument("dropout = " + std::to_string(options.dropout) +
                           " is not in [0, 1)");
  }
  return {};
}

// A row by row, so that a smaller rank is a prefix of a larger one.
at::Tensor InitialA(int rank, int64_t columns, RandomStream stream) {
  const double bound = 1 / std::sqrt(static_cast<double>(columns));
  at::Tensor a = at::empty({rank, columns}, at::kFloat);
  float* values = a.mutable_data_ptr<float>();
  for (int64_t i = 0; i < a.numel(); ++i) {
    values[i] = static_cast<float>(stream.UniformReal(-bound, bound));
  }
  return a;
}

LoraModules InitialModules(const Model& model,
                           const LoraOptions& options,
                           uint64_t seed) {
  const at::Device device = internal::ToDevice(model.device());
  LoraModules modules;
  modules.dropout = options.dropout;
  const ModuleRanks ranks = RanksOf(options);
  modules.layers.resize(ranks.size());
  for (int layer = 0; layer < model.config().num_layers(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const int rank =
          ranks[static_cast<size_t>(layer)][static_cast<size_t>(p)];
      if (rank == 0) continue;
      auto shape =
          ProjectionShape(model.config(), layer, static_cast<Projection>(p));
      const auto index = static_cast<uint64_t>(layer * kNumProjections + p);
      LoraModule& module =
          modules.layers[static_cast<size_t>(layer)][static_cast<size_t>(p)];
      module.a = InitialA(
          rank, shape.columns, RandomStream(seed, "lora initial A", index));
      module.a = module.a.to(device);
      module.b = at::zeros({shape.rows, rank}, module.a.options());
      module.scale = LoraScale(options, rank);
    }
  }
  return modules;
}

}  // namespace

Result<LoraScalePolicy> ParseLoraScalePolicy(std::string_view name) {
  for (const auto& [policy, policy_name] : kScalePolicies) {
    if (name == policy_name) return policy;
  }
  return InvalidArgument("LoRA scale policy \"" + std::string(name) +
                         "\" is not one of fixed_alpha, fixed_alpha_over_rank, "
                         "rank_stabilised");
}

const char* LoraScalePolicyName(LoraScalePolicy policy) {
  return std::ranges::find(kScalePolicies,
                           policy,
                           &std::pair<LoraScalePolicy, const char*>::first)
      ->second;
}

double LoraScale(const LoraOptions& options, int rank) {
  RA_CHECK(rank > 0) << rank;
  switch (options.scale_policy) {
    case LoraScalePolicy::kFixedAlpha:
      return options.alpha / rank;
    case LoraScalePolicy::kFixedAlphaOverRank:
      return options.alpha / kReferenceRank;
    case LoraScalePolicy::kRankStabilised:
      return options.alpha / std::sqrt(rank);
  }
  RA_CHECK(false) << "unknown scale policy";
  return 0;
}

ModuleRanks PerModule(const std::vector<int>& layer_ranks) {
  ModuleRanks ranks(layer_ranks.size());
  for (size_t layer = 0; layer < ranks.size(); ++layer) {
    ranks[layer].fill(layer_ranks[layer]);
  }
  return ranks;
}

int64_t NumAdapterParameters(const LlamaConfig& config,
                             const std::vector<int>& ranks) {
  return NumParametersOf(config, PerModule(ranks));
}

int64_t NumParametersOf(const LlamaConfig& config, const ModuleRanks& ranks) {
  RA_CHECK(ranks.size() == config.layers.size()) << ranks.size();
  int64_t count = 0;
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      auto shape = ProjectionShape(config, layer, static_cast<Projection>(p));
      count += ranks[static_cast<size_t>(layer)][static_cast<size_t>(p)] *
               (shape.rows + shape.columns);
    }
  }
  return count;
}

Result<Adapter> Adapter::Create(const Model& model,
                                const LoraOptions& options,
                                uint64_t seed) {
  RA_RETURN_IF_ERROR(CheckOptions(model.config(), options));
  return internal::CatchTorch([&]() -> Result<Adapter> {
    return Adapter(std::make_shared<const LoraModules>(
        InitialModules(model, options, seed)));
  });
}

Adapter::Adapter(std::shared_ptr<const internal::LoraModules> modules)
    : modules_(std::move(modules)) {}

std::vector<int> Adapter::ranks() const {
  std::vector<int> ranks;
  for (const auto& layer : modules_->layers) {
    int64_t rank = 0;
    for (const LoraModule& module : layer) {
      if (module.defined()) rank = std::max(rank, module.a.size(0));
    }
    ranks.push_back(static_cast<int>(rank));
  }
  return ranks;
}

int64_t Adapter::NumParameters() const {
  int64_t count = 0;
  for (const auto& layer : modules_->layers) {
    for (const LoraModule& module : layer) {
      if (module.defined()) count += module.a.numel() + module.b.numel();
    }
  }
  return count;
}

}  // namespace rankadaptor::llama
