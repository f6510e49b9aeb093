// An Adapter is a set of LoRA matrices for one model: one rank per adapted
// module, A and B, and the scale of each (spec 5). Written and read as a PEFT
// folder (adapter_config.json + adapter_model.safetensors).
//
// Const members are thread-safe; copies share the matrices.
#ifndef RANKADAPTOR_LLAMA_ADAPTER_H_
#define RANKADAPTOR_LLAMA_ADAPTER_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama {

namespace internal {
struct LoraModules;
}

// How the scale of a module follows from its rank (spec 0.11).
enum class LoraScalePolicy {
  kFixedAlpha,          // alpha / rank with one alpha (PEFT's default)
  kFixedAlphaOverRank,  // alpha grows with the rank: scale alpha / 8 for all
  kRankStabilised,      // alpha / sqrt(rank) (rsLoRA)
};

// "fixed_alpha", "fixed_alpha_over_rank", "rank_stabilised".
Result<LoraScalePolicy> ParseLoraScalePolicy(std::string_view name);
const char* LoraScalePolicyName(LoraScalePolicy policy);

// One rank per module, by layer and Projection; 0 leaves it unadapted.
using ModuleRanks = std::vector<std::array<int, kNumProjections>>;

// The same rank for all projections of a layer.
ModuleRanks PerModule(const std::vector<int>& layer_ranks);

struct LoraOptions {
  // One rank per layer for all seven projections; 0 leaves a layer unadapted.
  std::vector<int> ranks;  // [num_layers]
  // If not empty, instead of `ranks`: one rank per module.
  ModuleRanks module_ranks;  // [num_layers]
  double alpha = 16;
  LoraScalePolicy scale_policy = LoraScalePolicy::kFixedAlpha;
  double dropout = 0.05;
};

// The scale that `options` gives a module of this rank > 0 (its `ranks` are not
// read).
double LoraScale(const LoraOptions& options, int rank);

// Trainable parameters of an adapter with these ranks: sum of rank*(in+out)
// over the projections of the layers' real shapes (spec 5.7). `ranks` has one
// entry per layer.
int64_t NumAdapterParameters(const LlamaConfig& config,
                             const std::vector<int>& ranks);

// The same where projections of a layer differ.
int64_t NumParametersOf(const LlamaConfig& config, const ModuleRanks& ranks);

class Adapter {
 public:
  // PEFT's initialisation: A uniform in +-1/sqrt(in), B zero (spec 5.2), fp32
  // whatever the model's dtype, on the model's device. The random numbers of a
  // module depend on (seed, layer, projection) only, and a smaller rank gets
  // the leading rows of a larger one, so that trials of one seed share their
  // random numbers. kInvalidArgument names the option that does not fit.
  static Result<Adapter> Create(const Model& model,
                                const LoraOptions& options,
                                uint64_t seed);

  // Reads a PEFT LoRA folder (spec 5.5, 5.6). Every tensor must belong to a
  // module of `model` and fit its shape, every module that adapter_config.json
  // targets must have its tensors, every pattern must match a module, and the
  // ranks must be those of the tensors. PEFT up to 0.13.2 read patterns in
  // another way: its rule is used where peft_version says so, and a file
  // without a version must mean the same under both. kInvalidArgument names
  // what is not supported (another peft_type, DoRA, biases, modules_to_save,
  // transposed weights, initialisations that change the base), kDataLoss what
  // does not fit.
  static Result<Adapter> Load(const std::filesystem::path& folder,
                              const Model& model);

  // `modules` has one entry per layer.
  explicit Adapter(std::shared_ptr<const internal::LoraModules> modules);

  // Writes the two PEFT files into an existing folder: one entry per module in
  // rank_pattern and alpha_pattern, with full module names, and every scale as
  // alpha / rank (use_rslora came with PEFT 0.7), so that every version of PEFT
  // gives each module its rank and scale.
  Status Save(const std::filesystem::path& folder,
              std::string_view base_model_name) const;

  // Rank of each layer; the largest of its modules where they differ.
  std::vector<int> ranks() const;
  int64_t NumParameters() const;

  // For the other parts of this evaluator (model/transformer.h).
  const internal::LoraModules& modules() const { return *modules_; }

 private:
  // Shared because copies of an Adapter are cheap views of the same matrices.
  std::shared_ptr<const internal::LoraModules> modules_;
};

// The same function with one rank and one scale in every module, for servers
// that read `r` and `lora_alpha` only: A gets rows of zeros, B columns of
// zeros, and B takes over what a module's scale differs from that of the module
// of highest rank (bit for bit the same update where the scales are equal). A
// projection that is adapted in some layer is in every layer. kInvalidArgument
// if `rank` is less than the adapter's highest.
Result<Adapter> PadToUniformRank(const Adapter& adapter,
                                 const LlamaConfig& config,
                                 int rank);

// The model with the adapter folded into its weights: W += scale * B A, in fp32
// and rounded to the model's dtype (spec 5.3). kInvalidArgument if the adapter
// belongs to a model of another shape or a merged weight is not finite. Weights
// of a model that is moved in are freed one by one as they are replaced.
Result<Model> Merge(Model model, const Adapter& adapter);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_ADAPTER_H_
