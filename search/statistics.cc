#include "search/statistics.h"

#include <cmath>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

namespace rankadaptor {

SampleStatistics Summarise(std::span<const double> values) {
  SampleStatistics result;
  result.num_samples = static_cast<int>(values.size());
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  result.mean = mean;
  if (values.size() < 2) return result;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  result.standard_deviation = std::sqrt(squares / (n - 1));
  result.standard_error = *result.standard_deviation / std::sqrt(n);
  result.margin = internal::Margin(result, kConfidenceLevel);
  return result;
}

namespace internal {

std::optional<double> Margin(const SampleStatistics& sample, double level) {
  if (!sample.standard_error) return {};
  const boost::math::students_t t(sample.num_samples - 1);
  return boost::math::quantile(boost::math::complement(t, (1 - level) / 2)) *
         *sample.standard_error;
}

}  // namespace internal
}  // namespace rankadaptor
