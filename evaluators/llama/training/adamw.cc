#include "evaluators/llama/training/adamw.h"

#include <c10/core/GradMode.h>

namespace rankadaptor::llama::internal {

AdamW::AdamW(const ParameterBuffer& parameters, const AdamWOptions& options)
    : options_(options),
      num_steps_(at::zeros({}, parameters.matrices().values.options())) {
  AddGroup(parameters.matrices(), options.weight_decay);
  AddGroup(parameters.vectors(), 0);
}

void AdamW::AddGroup(const ParameterBuffer::Span& parameters,
                     double weight_decay) {
  if (parameters.values.numel() == 0) return;
  groups_.push_back({parameters,
                     weight_decay,
                     at::zeros_like(parameters.values),
                     at::zeros_like(parameters.values)});
}

void AdamW::Step(double learning_rate) {
  c10::NoGradGuard no_grad;
  num_steps_.add_(1);
  for (Group& group : groups_) {
    at::_fused_adamw_({group.parameters.values},
                      {group.parameters.gradients},
                      {group.first_moment},
                      {group.second_moment},
                      /*max_exp_avg_sqs=*/{},
                      {num_steps_},
                      learning_rate,
                      options_.beta1,
                      options_.beta2,
                      group.weight_decay,
                      options_.epsilon,
                      /*amsgrad=*/false,
                      /*maximize=*/false);
  }
}

std::vector<at::Tensor*> AdamW::State() {
  std::vector<at::Tensor*> state = {&num_steps_};
  for (Group& group : groups_) {
    state.push_back(&group.first_moment);
    state.push_back(&group.second_moment);
  }
  return state;
}

}  // namespace rankadaptor::llama::internal
