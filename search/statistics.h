// Confidence intervals of a sample.
#ifndef RANKADAPTOR_SEARCH_STATISTICS_H_
#define RANKADAPTOR_SEARCH_STATISTICS_H_

#include <optional>

#include "rankadaptor/search/study_summary.h"

namespace rankadaptor::internal {

// Half the width of the mean's confidence interval at this level (Student's t);
// empty for fewer than two values.
std::optional<double> Margin(const SampleStatistics& sample, double level);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STATISTICS_H_
