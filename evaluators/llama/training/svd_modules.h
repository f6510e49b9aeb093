// The matrices of an AdaLoRA adapter (adalora.h).
#ifndef RANKADAPTOR_LLAMA_TRAINING_SVD_MODULES_H_
#define RANKADAPTOR_LLAMA_TRAINING_SVD_MODULES_H_

#include <array>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/llama/adalora.h"

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {

// y += alpha / initial_rank * B diag(E) A dropout(x) (spec 6.1). Undefined
// tensors: the module is not adapted.
struct SvdModule {
  at::Tensor a;  // [rank, in]
  at::Tensor b;  // [out, rank]
  at::Tensor e;  // [rank, 1]
  // Which of the initial directions these are; empty: all, none was taken away.
  std::vector<bool> kept;

  bool defined() const { return a.defined(); }
};

struct SvdModules {
  std::vector<std::array<SvdModule, kNumProjections>> layers;
  AdaLoraOptions options;

  // Constant for a run, however many directions are left.
  double scale() const;
};

// The same update as LoRA: A's rows times E. A graph to A, B and E remains.
// Modules without a direction are undefined.
LoraModules AsLora(const SvdModules& modules);

// Calls body(module) for every adapted module, in order of layer and
// projection; `modules` const or not.
template <typename Modules, typename Body>
void ForEachAdapted(Modules& modules, const Body& body) {
  for (auto& layer : modules.layers) {
    for (auto& module : layer) {
      if (module.defined()) body(module);
    }
  }
}

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_SVD_MODULES_H_
