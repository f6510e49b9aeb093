// AdaLoRA as a Trainable (trainable.h): triplets A, E, B with a penalty on
// directions that are not orthogonal, and an allocation of ranks after updates.
//
// One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_ADALORA_TRAINABLE_H_
#define RANKADAPTOR_LLAMA_TRAINING_ADALORA_TRAINABLE_H_

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/llama/adalora.h"

#include "evaluators/llama/training/svd_modules.h"
#include "evaluators/llama/training/trainable.h"

namespace rankadaptor::llama::internal {

class AdaLoraTrainable final : public Trainable {
 public:
  // `modules` has every initial direction; `schedule` is one of
  // MakeAdaLoraSchedule().
  AdaLoraTrainable(SvdModules modules, const AdaLoraSchedule& schedule);
  AdaLoraTrainable(const AdaLoraTrainable&) = delete;
  AdaLoraTrainable& operator=(const AdaLoraTrainable&) = delete;

  std::vector<at::Tensor*> Parameters() override;
  LoraModules Adapters() const override { return AsLora(modules_); }
  at::Tensor Penalty() const override;
  void EndUpdate(int64_t step) override;
  std::vector<at::Tensor*> State() override;
  void Identify(RunIdentity& identity) const override;

  // bool [initial rank] per adapted module: the directions that stayed at the
  // last allocation, all before the first.
  const std::vector<at::Tensor>& masks() const { return masks_; }
  std::vector<AdaLoraAllocation> allocations() const;
  const SvdModules& modules() const { return modules_; }

  // What is left, without a graph.
  SvdModules Finish() const;

 private:
  // Smoothed importance and uncertainty of each element of a parameter.
  struct Sensitivity {
    at::Tensor importance;
    at::Tensor uncertainty;
  };

  void UpdateSensitivities();
  // Importance of each direction of all modules, [initial rank * modules].
  at::Tensor DirectionScores() const;
  void Allocate(int64_t step, int64_t budget);
  void ApplyMasks();

  SvdModules modules_;
  AdaLoraSchedule schedule_;
  std::vector<at::Tensor*> parameters_;     // A, E and B of module after module
  std::vector<Sensitivity> sensitivities_;  // one per parameter
  std::vector<at::Tensor> masks_;
  at::Tensor allocations_;  // double [allocations, 3]: step, budget, threshold
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_ADALORA_TRAINABLE_H_
