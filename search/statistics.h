// Mean, standard deviation and standard error of a sample.
#ifndef RANKADAPTOR_SEARCH_STATISTICS_H_
#define RANKADAPTOR_SEARCH_STATISTICS_H_

#include <span>

#include "rankadaptor/search/study_summary.h"

namespace rankadaptor::internal {

SampleStatistics Summarise(std::span<const double> values);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STATISTICS_H_
