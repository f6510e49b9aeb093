// The two answers to "which was the best?": the best measurement, and what all
// measurements together say.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_BEST_CONFIGURATIONS_H_
#define RANKADAPTOR_SEARCH_BEST_CONFIGURATIONS_H_

#include <cstdint>
#include <map>
#include <optional>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/study_summary.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::internal {

// Of the completed full initial and search trials that with the highest
// objective, the first of equal ones.
std::optional<Trial> BestObserved(const std::map<int64_t, Trial>& trials);

// Of the configurations of the same trials the one that the strategy's model
// expects most of, or whose mean objective is highest if it has none. Fails as
// the strategy does.
Result<std::optional<RecommendedConfiguration>> BestExpected(
    const std::map<int64_t, Trial>& trials, Strategy& strategy);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_BEST_CONFIGURATIONS_H_
