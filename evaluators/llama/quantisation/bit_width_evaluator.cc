#include "rankadaptor/llama/bit_width_evaluator.h"

#include <string>
#include <utility>

namespace rankadaptor::llama {

Result<std::unique_ptr<BitWidthEvaluator>> BitWidthEvaluator::Create(
    BitWidthEvaluatorParts parts, const QuantisationOptions& options) {
  const int num_layers = parts.model.config().num_layers();
  if (parts.space.num_parameters() != num_layers) {
    return InvalidArgument(
        "a space of " + std::to_string(parts.space.num_parameters()) +
        " layers for a model of " + std::to_string(num_layers));
  }
  return std::unique_ptr<BitWidthEvaluator>(
      new BitWidthEvaluator(std::move(parts), options));
}

BitWidthEvaluator::BitWidthEvaluator(BitWidthEvaluatorParts parts,
                                     const QuantisationOptions& options)
    : parts_(std::move(parts)),
      options_(options),
      capabilities_{.name = "bit_widths",
                    .version = "1",
                    .thread_safe = true,
                    .deterministic = true} {}

const EvaluatorCapabilities& BitWidthEvaluator::capabilities() const {
  return capabilities_;
}

Result<Measurement> BitWidthEvaluator::Evaluate(
    const Configuration& configuration, TrialContext& trial) {
  RA_ASSIGN_OR_RETURN(
      const Model rounded,
      QuantiseLayers(
          parts_.model, BitWidthsOf(parts_.space, configuration), options_));
  if (trial.cancelled()) return Cancelled("the trial was given up");
  RA_ASSIGN_OR_RETURN(
      Measurement measurement,
      parts_.scorer.Score(rounded, nullptr, trial.split(), nullptr));
  trial.Report(1, measurement.objective);
  return measurement;
}

Result<Measurement> BitWidthEvaluator::ScoreFullPrecision(
    ItemSplit split, const CancellationFlag* cancellation) const {
  return parts_.scorer.Score(parts_.model, nullptr, split, cancellation);
}

}  // namespace rankadaptor::llama
