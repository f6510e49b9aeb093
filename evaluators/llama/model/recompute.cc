#include "evaluators/llama/model/recompute.h"

#include <utility>

#include <ATen/core/ivalue.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rankadaptor::llama::internal {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr const char* kCall = "call";

// The matrices of a layer, A and B of each adapted module.
variable_list MatricesOf(const LayerAdapters& adapters) {
  variable_list matrices;
  for (const LoraModule& module : adapters) {
    if (!module.defined()) continue;
    matrices.push_back(module.a);
    matrices.push_back(module.b);
  }
  return matrices;
}

// The same adapters with other matrices.
LayerAdapters WithMatrices(LayerAdapters adapters,
                           const variable_list& matrices) {
  auto next = matrices.begin();
  for (LoraModule& module : adapters) {
    if (!module.defined()) continue;
    module.a = *next++;
    module.b = *next++;
  }
  return adapters;
}

// What a node of the graph remembers beside its tensors. `adapters` say which
// modules there are and their scales; their matrices are the node's.
struct LayerCall : torch::CustomClassHolder {
  LayerCall(LayerFunction layer, const LayerAdapters* adapters)
      : layer(std::move(layer)), has_adapters(adapters != nullptr) {
    if (has_adapters) this->adapters = *adapters;
  }

  at::Tensor Run(const at::Tensor& hidden,
                 const variable_list& matrices) const {
    if (!has_adapters) return layer(hidden, nullptr);
    const LayerAdapters with_matrices = WithMatrices(adapters, matrices);
    return layer(hidden, &with_matrices);
  }

  LayerFunction layer;
  bool has_adapters;
  LayerAdapters adapters;
};

struct RecomputedLayer : Function<RecomputedLayer> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& hidden,
                            at::TensorList matrices,
                            const c10::intrusive_ptr<LayerCall>& call) {
    variable_list saved = {hidden};
    saved.insert(saved.end(), matrices.begin(), matrices.end());
    context->save_for_backward(std::move(saved));
    context->saved_data[kCall] = c10::IValue::make_capsule(call);
    return call->Run(hidden, matrices.vec());
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& gradients) {
    variable_list inputs = context->get_saved_variables();
    variable_list wanted;
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = inputs[i].detach();
      if (!context->needs_input_grad(i)) continue;
      inputs[i].set_requires_grad(true);
      wanted.push_back(inputs[i]);
    }
    const auto holder = context->saved_data[kCall].toCapsule();
    const auto* call = static_cast<const LayerCall*>(holder.get());
    variable_list found =
        torch::autograd::grad({Again(*call, inputs)}, wanted, gradients);
    variable_list result;
    size_t next = 0;
    for (const at::Tensor& input : inputs) {
      result.push_back(input.requires_grad() ? found[next++] : at::Tensor());
    }
    result.emplace_back();  // of `call`
    return result;
  }

 private:
  static at::Tensor Again(const LayerCall& call, const variable_list& inputs) {
    const c10::AutoGradMode enabled(true);
    return call.Run(inputs[0], {inputs.begin() + 1, inputs.end()});
  }
};

}  // namespace

at::Tensor RunRecomputed(const LayerFunction& layer,
                         const at::Tensor& hidden,
                         const LayerAdapters* adapters) {
  const variable_list matrices =
      adapters != nullptr ? MatricesOf(*adapters) : variable_list();
  return RecomputedLayer::apply(
      hidden,
      at::TensorList(matrices),
      c10::make_intrusive<LayerCall>(layer, adapters));
}

}  // namespace rankadaptor::llama::internal
