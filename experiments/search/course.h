// One run on one function, trial by trial: what was observed, and how good that
// really was.
//
// One thread at a time.
#ifndef RANKADAPTOR_EXPERIMENTS_SEARCH_COURSE_H_
#define RANKADAPTOR_EXPERIMENTS_SEARCH_COURSE_H_

#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "experiments/search/functions.h"

namespace rankadaptor::experiments {

// What Regrets() gives, as the head of a CSV file.
inline constexpr char kRegretColumns[] =
    "regret_25,regret_50,regret_100,regret_300,recommended,visited";

class Course {
 public:
  // `noise` is in standard deviations of the function. Errors as MakeFunction.
  static Result<Course> Create(const Problem& problem,
                               double noise,
                               int num_trials);

  // The observed value of the next trial. At most `num_trials` times.
  double Evaluate(std::span<const int32_t> levels);

  const Function& function() const { return function_; }
  int num_evaluated() const { return static_cast<int>(observed_.size()); }

  // The values of kRegretColumns, separated by commas: 0 at `best`, 1 at the
  // mean of random points. @n is that of the point with the best observed value
  // of the first n; empty if there are fewer. `recommended` are the levels that
  // the search believes best, empty if it has no opinion.
  std::string Regrets(double best, std::span<const int32_t> recommended) const;

 private:
  Function function_;
  Moments moments_;
  std::vector<double> noise_;  // [num_trials], in the function's units
  std::vector<double> observed_;
  std::vector<double> noise_free_;
};

}  // namespace rankadaptor::experiments

#endif  // RANKADAPTOR_EXPERIMENTS_SEARCH_COURSE_H_
