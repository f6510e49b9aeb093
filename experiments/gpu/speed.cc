#include "experiments/gpu/speed.h"

#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/scorer.h"

#include "experiments/gpu/bench_input.h"

namespace rankadaptor::gpu_bench {
namespace {

using nlohmann::json;

double Now() { return SystemClock().MonotonicSeconds(); }

llama::RecoveryOptions RecoveryRecipe(const SpeedOptions& options) {
  llama::RecoveryOptions recipe;
  recipe.batch_size = options.micro_batch_size;
  recipe.micro_batch_size = options.micro_batch_size;
  recipe.steps = options.num_warmup_updates + options.num_updates;
  recipe.warmup_steps = 2;
  return recipe;
}

}  // namespace

Result<json> MeasureRecovery(const SpeedOptions& options) {
  RA_ASSIGN_OR_RETURN(BenchInput input, ReadBenchInput(options.input));
  double start = Now();
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Model::Load(options.model, options.where));
  double load_seconds = Now() - start;
  llama::LoraOptions lora;
  lora.ranks.assign(model.config().layers.size(), options.rank);
  RA_ASSIGN_OR_RETURN(llama::Adapter initial,
                      llama::Adapter::Create(model, lora, 1));

  std::vector<double> finished;  // [num_updates], an update's loss is read back
  llama::TrainingHooks hooks;
  hooks.observer = [&](const llama::TrainingStep&) {
    finished.push_back(Now());
  };
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryResult result,
      llama::Recover(
          model, initial, input.data, RecoveryRecipe(options), hooks));

  int64_t num_tokens = 0;
  json losses = json::array();
  for (const llama::TrainingStep& step : result.log) {
    losses.push_back(step.loss);
    if (step.step >= options.num_warmup_updates) num_tokens += step.num_tokens;
  }
  double seconds = finished.back() - finished[options.num_warmup_updates - 1];
  return json{{"load_seconds", load_seconds},
              {"seconds", seconds},
              {"tokens_per_second", static_cast<double>(num_tokens) / seconds},
              {"trainable_parameters", initial.NumParameters()},
              {"losses", losses}};
}

Result<json> MeasureScoring(const SpeedOptions& options) {
  RA_ASSIGN_OR_RETURN(BenchInput input, ReadBenchInput(options.input));
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Model::Load(options.model, options.where));
  std::vector<llama::RequestScore> scores;
  double seconds = 0;
  for (int pass = 0; pass < 2; ++pass) {
    double start = Now();
    RA_ASSIGN_OR_RETURN(
        scores, llama::ScoreRequests(model, nullptr, input.requests, {}));
    seconds = Now() - start;
  }
  int64_t num_tokens = 0;
  json log_likelihoods = json::array();
  for (const llama::RequestScore& score : scores) {
    num_tokens += score.num_context_tokens + score.num_continuation_tokens;
    log_likelihoods.push_back(score.log_likelihood);
  }
  return json{{"requests", scores.size()},
              {"seconds", seconds},
              {"tokens_per_second", static_cast<double>(num_tokens) / seconds},
              {"log_likelihoods", log_likelihoods}};
}

}  // namespace rankadaptor::gpu_bench
