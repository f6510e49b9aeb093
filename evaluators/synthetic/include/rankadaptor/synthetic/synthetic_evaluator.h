// An Evaluator that "measures" a benchmark function: for trying the engine out,
// for tests, and for comparing search methods. A measurement takes a
// microsecond, so thousands of studies fit into a minute.
//
// For family xfer the eight source tasks come along as metrics "task 1" to
// "task 8", as the accuracies of other tasks do in a real evaluation.
#ifndef RANKADAPTOR_SYNTHETIC_SYNTHETIC_EVALUATOR_H_
#define RANKADAPTOR_SYNTHETIC_SYNTHETIC_EVALUATOR_H_

#include <memory>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/synthetic/benchmark_function.h"

namespace rankadaptor::synthetic {

struct SyntheticOptions {
  BenchmarkProblem problem;  // its task is 0

  // Standard deviation of the noise, in standard deviations of the function
  // over random points. Trial n of a study gets the n-th number of the stream
  // that belongs to its seed: trials differ in noise though they share a seed.
  double noise = 0;
};

class SyntheticEvaluator final : public Evaluator {
 public:
  // kInvalidArgument names the option that is out of range.
  static Result<std::unique_ptr<SyntheticEvaluator>> Create(
      const SyntheticOptions& options);

  // The space that configurations must come from (or one with the same choices
  // and a budget).
  SearchSpace space() const;

  // The function without noise.
  const BenchmarkFunction& function() const { return functions_[0]; }

  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override;

 private:
  SyntheticEvaluator(std::vector<BenchmarkFunction> functions, double noise);

  double Measure(size_t task,
                 const Configuration& configuration,
                 const TrialContext& trial) const;

  EvaluatorCapabilities capabilities_;
  std::vector<BenchmarkFunction> functions_;  // by task; the target first
  std::vector<double> noise_;                 // standard deviation by task
};

}  // namespace rankadaptor::synthetic

#endif  // RANKADAPTOR_SYNTHETIC_SYNTHETIC_EVALUATOR_H_
