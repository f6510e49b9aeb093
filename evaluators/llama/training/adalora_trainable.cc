#include "evaluators/llama/training/adalora_trainable.h"

#include <tuple>
#include <utility>

#include <c10/core/GradMode.h>

#include "rankadaptor/common/check.h"

namespace rankadaptor::llama::internal {
namespace {

// Parameters of a module: A, E, B.
constexpr size_t kPerModule = 3;

// ||P - I||_F, not squared (spec 6.3).
at::Tensor DistanceFromIdentity(const at::Tensor& gram) {
  return (gram - at::eye(gram.size(0), gram.options())).norm();
}

}  // namespace

AdaLoraTrainable::AdaLoraTrainable(SvdModules modules,
                                   const AdaLoraSchedule& schedule)
    : modules_(std::move(modules)),
      schedule_(schedule),
      allocations_(at::zeros({0, 3}, at::kDouble)) {
  ForEachAdapted(modules_, [&](SvdModule& module) {
    for (at::Tensor* tensor : {&module.a, &module.e, &module.b}) {
      parameters_.push_back(tensor);
      sensitivities_.push_back(
          {at::zeros_like(*tensor), at::zeros_like(*tensor)});
    }
    masks_.push_back(
        at::ones({module.a.size(0)}, module.a.options().dtype(at::kBool)));
  });
}

std::vector<at::Tensor*> AdaLoraTrainable::Parameters() { return parameters_; }

at::Tensor AdaLoraTrainable::Penalty() const {
  at::Tensor sum;
  ForEachAdapted(modules_, [&](const SvdModule& module) {
    at::Tensor distance = DistanceFromIdentity(at::mm(module.a, module.a.t())) +
                          DistanceFromIdentity(at::mm(module.b.t(), module.b));
    sum = sum.defined() ? sum + distance : distance;
  });
  const auto num_matrices = static_cast<double>(2 * masks_.size());
  return sum * (modules_.options.orthogonality_weight / num_matrices);
}

void AdaLoraTrainable::EndUpdate(int64_t step) {
  c10::NoGradGuard no_grad;
  const int64_t end = schedule_.total_updates - schedule_.final_updates;
  const auto num_modules = static_cast<int64_t>(masks_.size());
  const int64_t budget =
      AdaLoraBudget(modules_.options, schedule_, num_modules, step);
  if (step < end) {
    UpdateSensitivities();
    if (step > schedule_.initial_updates && step % schedule_.interval == 0) {
      Allocate(step, budget);
    }
  } else if (step == end) {
    Allocate(step, budget);
  } else {
    ApplyMasks();
  }
}

std::vector<at::Tensor*> AdaLoraTrainable::State() {
  std::vector<at::Tensor*> state;
  for (Sensitivity& sensitivity : sensitivities_) {
    state.push_back(&sensitivity.importance);
    state.push_back(&sensitivity.uncertainty);
  }
  for (at::Tensor& mask : masks_) state.push_back(&mask);
  state.push_back(&allocations_);
  return state;
}

void AdaLoraTrainable::Identify(RunIdentity& identity) const {
  const AdaLoraOptions& options = modules_.options;
  identity.Add("initial rank", int64_t{options.initial_rank});
  identity.Add("target rank", int64_t{options.target_rank});
  identity.Add("initial updates", schedule_.initial_updates);
  identity.Add("final updates", schedule_.final_updates);
  identity.Add("interval", schedule_.interval);
  identity.Add("beta1", options.beta1);
  identity.Add("beta2", options.beta2);
  identity.Add("orthogonality", options.orthogonality_weight);
  identity.Add("alpha", options.alpha);
  identity.Add("dropout", options.dropout);
}

// Spec 6.4; the parameter is the updated one, the gradient the one that
// updated it.
void AdaLoraTrainable::UpdateSensitivities() {
  const double beta1 = modules_.options.beta1;
  const double beta2 = modules_.options.beta2;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    auto& [importance, uncertainty] = sensitivities_[i];
    const at::Tensor now = (*parameters_[i] * parameters_[i]->grad()).abs();
    importance.mul_(beta1).add_(now, 1 - beta1);
    uncertainty.mul_(beta2).add_((now - importance).abs(), 1 - beta2);
  }
}

// Spec 6.5.
at::Tensor AdaLoraTrainable::DirectionScores() const {
  std::vector<at::Tensor> scores;
  auto score = [&](size_t parameter) {
    const auto& [importance, uncertainty] = sensitivities_[parameter];
    return importance * uncertainty;
  };
  for (size_t i = 0; i < sensitivities_.size(); i += kPerModule) {
    scores.push_back(score(i + 1).squeeze(1) +
                     (score(i).mean(1) + score(i + 2).mean(0)));
  }
  return at::cat(scores);
}

// Spec 6.6.
void AdaLoraTrainable::Allocate(int64_t step, int64_t budget) {
  const at::Tensor scores = DirectionScores();
  const int64_t num_to_mask = scores.numel() - budget;
  if (num_to_mask > 0) {
    const at::Tensor threshold = std::get<0>(scores.kthvalue(num_to_mask));
    const at::Tensor stays = scores > threshold;
    int64_t offset = 0;
    for (at::Tensor& mask : masks_) {
      mask.copy_(stays.narrow(0, offset, mask.numel()));
      offset += mask.numel();
    }
    const at::Tensor row = at::tensor({static_cast<double>(step),
                                       static_cast<double>(budget),
                                       threshold.item<double>()},
                                      at::kDouble);
    allocations_ = at::cat({allocations_, row.unsqueeze(0)});
  }
  ApplyMasks();
}

// A direction that is taken away goes on learning and may come back until the
// last allocation.
void AdaLoraTrainable::ApplyMasks() {
  for (size_t i = 0; i < masks_.size(); ++i) {
    parameters_[i * kPerModule + 1]->masked_fill_(
        masks_[i].logical_not().unsqueeze(1), 0);
  }
}

std::vector<AdaLoraAllocation> AdaLoraTrainable::allocations() const {
  std::vector<AdaLoraAllocation> allocations;
  const double* value = allocations_.const_data_ptr<double>();
  for (int64_t i = 0; i < allocations_.size(0); ++i, value += 3) {
    allocations.push_back({static_cast<int64_t>(value[0]),
                           static_cast<int64_t>(value[1]),
                           value[2]});
  }
  return allocations;
}

SvdModules AdaLoraTrainable::Finish() const {
  SvdModules finished = modules_;
  size_t next = 0;
  ForEachAdapted(finished, [&](SvdModule& module) {
    const at::Tensor& mask = masks_[next++];
    const at::Tensor kept = at::nonzero(mask).squeeze(1);
    module.a = module.a.detach().index_select(0, kept);
    module.e = module.e.detach().index_select(0, kept);
    module.b = module.b.detach().index_select(1, kept);
    const at::Tensor on_cpu = mask.to(at::kCPU);
    const bool* values = on_cpu.const_data_ptr<bool>();
    module.kept.assign(values, values + mask.numel());
  });
  return finished;
}

}  // namespace rankadaptor::llama::internal
