#include "experiments/search/course.h"

#include <algorithm>
#include <cstdio>

#include "experiments/search/csv.h"

namespace rankadaptor::experiments {
namespace {

constexpr int kCheckpoints[] = {25, 50, 100, 300};

std::string Format(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.5f", value);
  return text;
}

}  // namespace

Result<Course> Course::Create(const Problem& problem,
                              double noise,
                              int num_trials) {
  Course course;
  RA_ASSIGN_OR_RETURN(course.function_, MakeFunction(problem));
  RA_ASSIGN_OR_RETURN(course.moments_, RandomMoments(problem));
  RA_ASSIGN_OR_RETURN(course.noise_, MakeNoise(problem, num_trials));
  for (double& value : course.noise_) {
    value *= noise * course.moments_.deviation;
  }
  return course;
}

double Course::Evaluate(std::span<const int32_t> levels) {
  noise_free_.push_back(function_(levels));
  observed_.push_back(noise_free_.back() + noise_[observed_.size()]);
  return observed_.back();
}

std::string Course::Regrets(double best,
                            std::span<const int32_t> recommended) const {
  auto regret = [&](double value) {
    return Format((best - value) / (best - moments_.mean));
  };
  std::vector<std::string> fields;
  for (int n : kCheckpoints) {
    if (n > num_evaluated()) {
      fields.emplace_back();
      continue;
    }
    const auto chosen =
        std::max_element(observed_.begin(), observed_.begin() + n) -
        observed_.begin();
    fields.push_back(regret(noise_free_[chosen]));
  }
  fields.push_back(recommended.empty() ? "" : regret(function_(recommended)));
  fields.push_back(regret(*std::ranges::max_element(noise_free_)));
  return Join(fields);
}

}  // namespace rankadaptor::experiments
