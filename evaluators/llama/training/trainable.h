// What a recovery run (recovery_loop.h) trains. The methods of recovery differ
// in this alone: which tensors are trained, which adapters they make, and what
// happens after an update.
//
// One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_TRAINABLE_H_
#define RANKADAPTOR_LLAMA_TRAINING_TRAINABLE_H_

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/run_checkpoint.h"

namespace rankadaptor::llama::internal {

class Trainable {
 public:
  virtual ~Trainable() = default;

  // The tensors that the optimiser changes, always the same places in the same
  // order. The run replaces each by a leaf before anything else.
  virtual std::vector<at::Tensor*> Parameters() = 0;

  // Before the first forward pass of an update.
  virtual void BeginUpdate(int64_t /*step*/) {}

  // The adapters of one forward pass, with a graph to the parameters.
  virtual LoraModules Adapters() const = 0;

  // A scalar that the loss of each update is increased by; undefined: nothing.
  virtual at::Tensor Penalty() const { return {}; }

  // After the optimiser's step; the gradients it used are still there.
  virtual void EndUpdate(int64_t /*step*/) {}

  // What else a run must keep to go on later as if it had never stopped.
  virtual std::vector<at::Tensor*> State() { return {}; }

  // What it computes beyond parameters and state, which identify it already.
  virtual void Identify(RunIdentity& identity) const = 0;
};

// LoRA with the ranks that the adapters have.
class LoraTrainable final : public Trainable {
 public:
  explicit LoraTrainable(LoraModules modules) : modules_(std::move(modules)) {}

  std::vector<at::Tensor*> Parameters() override;
  LoraModules Adapters() const override { return modules_; }
  void Identify(RunIdentity& identity) const override;

 private:
  LoraModules modules_;
};

// Pointers to the A and B of every adapted module.
std::vector<at::Tensor*> TensorsOf(LoraModules& modules);

// The same matrices without a graph or gradients.
LoraModules Detached(LoraModules modules);

// A copy in fp32 on `device`.
LoraModules CopyTo(at::Device device, LoraModules modules);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_TRAINABLE_H_
