#include "rankadaptor/llama/nested_preview.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/nested_recovery.h"
#include "rankadaptor/llama/rank_space.h"

namespace rankadaptor::llama {
namespace {

constexpr int64_t kStepsOfTrials = 4;

// Draws for each vector that is wanted, at most: where the space is nearly
// used up, new ones are rare.
constexpr int kMaxDraws = 20;

// Every parameter's choice by itself: the constraints are not looked at.
Configuration DrawFrom(const SearchSpace& space, RandomStream& stream) {
  Configuration drawn;
  for (int i = 0; i < space.num_parameters(); ++i) {
    const auto last = std::ssize(space.parameter(i).choices) - 1;
    drawn.choices.push_back(static_cast<int32_t>(stream.UniformInt(0, last)));
  }
  return drawn;
}

ModuleRanks RanksIn(const LlamaEvaluator& evaluator,
                    const Configuration& configuration) {
  return ModuleRanksOf(evaluator.space(),
                       configuration,
                       evaluator.model().config().num_layers());
}

ModuleRanks LargestRanks(const LlamaEvaluator& evaluator) {
  Configuration largest;
  for (const Parameter& parameter : evaluator.space().parameters()) {
    largest.choices.push_back(
        static_cast<int32_t>(std::ssize(parameter.choices) - 1));
  }
  return RanksIn(evaluator, largest);
}

std::set<Configuration> DrawDifferent(const SearchSpace& space,
                                      const NestedPreviewOptions& options) {
  std::set<Configuration> drawn;
  RandomStream stream(options.seed, "previewed ranks");
  for (int i = 0; i < kMaxDraws * options.num_vectors; ++i) {
    if (std::ssize(drawn) == options.num_vectors) break;
    drawn.insert(DrawFrom(space, stream));
  }
  return drawn;
}

void RemoveCheckpoint(const RecoveryResult& result) {
  std::error_code ignored;
  std::filesystem::remove(result.checkpoint_file, ignored);
}

}  // namespace

Result<RecoveryResult> RecoverForPreview(const LlamaEvaluator& evaluator,
                                         const NestedPreviewOptions& options,
                                         const TrainingHooks& hooks) {
  RecoveryOptions recovery = evaluator.RecoveryOf(options.seed);
  const auto num_rows = std::ssize(evaluator.recovery_data().rows);
  recovery.steps = options.steps > 0
                       ? options.steps
                       : kStepsOfTrials * NumUpdates(num_rows, recovery);
  LoraOptions lora = evaluator.lora();
  lora.module_ranks = LargestRanks(evaluator);
  return RecoverNested(
      evaluator.model(),
      lora,
      [&](RandomStream& stream) {
        return RanksIn(evaluator, DrawFrom(evaluator.space(), stream));
      },
      evaluator.recovery_data(),
      recovery,
      hooks);
}

Result<Measurement> ScoreTruncated(const LlamaEvaluator& evaluator,
                                   const Adapter& nested,
                                   const Configuration& configuration,
                                   double item_share,
                                   const CancellationFlag* cancellation) {
  RA_ASSIGN_OR_RETURN(
      const Adapter adapter,
      Truncate(nested, evaluator.lora(), RanksIn(evaluator, configuration)));
  return evaluator.Score(evaluator.model(),
                         &adapter,
                         ItemSplit::kSearch,
                         cancellation,
                         item_share);
}

Result<SourceStudy> PreviewByNestedRanks(const LlamaEvaluator& evaluator,
                                         const NestedPreviewOptions& options,
                                         const TrainingHooks& hooks) {
  RA_ASSIGN_OR_RETURN(const RecoveryResult nested,
                      RecoverForPreview(evaluator, options, hooks));
  SourceStudy source{
      .name = "nested ranks", .configurations = {}, .values = {}};
  for (const Configuration& configuration :
       DrawDifferent(evaluator.space(), options)) {
    RA_ASSIGN_OR_RETURN(const Measurement measurement,
                        ScoreTruncated(evaluator,
                                       nested.adapter,
                                       configuration,
                                       options.item_share,
                                       hooks.cancellation));
    source.configurations.push_back(configuration);
    source.values.push_back(measurement.objective);
  }
  RemoveCheckpoint(nested);
  return source;
}

}  // namespace rankadaptor::llama
