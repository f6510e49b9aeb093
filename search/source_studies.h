// Turns what initial trials measured besides the objective into sources for
// meta-learning: every metric is a data set of its own, so that one recovery
// scored on seven tasks gives six sources for the seventh.
#ifndef RANKADAPTOR_SEARCH_SOURCE_STUDIES_H_
#define RANKADAPTOR_SEARCH_SOURCE_STUDIES_H_

#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::internal {

// One source per metric of the completed trials, in the order of the first of
// them; values that are not finite are left out. A metric that equals the
// objective in every trial is the objective's own and is no source.
std::vector<SourceStudy> MakeSourceStudies(std::span<const Trial> trials);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_SOURCE_STUDIES_H_
