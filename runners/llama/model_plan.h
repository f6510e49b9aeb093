// A plan whose trials are models that can be made again: what `rankadaptor
// export` asks.
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_MODEL_PLAN_H_
#define RANKADAPTOR_RUNNERS_LLAMA_MODEL_PLAN_H_

#include <filesystem>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/training.h"
#include "rankadaptor/search/trial.h"

#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// What a trial recovers.
struct TrialModel {
  llama::Model model;
  // Of the model in model_folder(); none where nothing was pruned.
  std::optional<llama::KeptIndices> kept;
};

class ModelPlan : public EvaluatorPlan {
 public:
  // As the user named it, and where it is: the model before pruning.
  virtual const std::string& model_name() const = 0;
  virtual const std::filesystem::path& model_folder() const = 0;
  virtual llama::Dtype dtype() const = 0;

  // After MakeEvaluator().
  virtual Result<TrialModel> ModelOf(
      const Configuration& configuration) const = 0;
  // The adapter of a trial, made again.
  virtual Result<llama::Adapter> Recover(
      const Trial& trial, const llama::TrainingHooks& hooks) const = 0;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_MODEL_PLAN_H_
