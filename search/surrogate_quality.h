// How well a strategy predicted its trials before they were measured.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_SURROGATE_QUALITY_H_
#define RANKADAPTOR_SEARCH_SURROGATE_QUALITY_H_

#include <cstdint>
#include <map>

#include "rankadaptor/search/study_summary.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::internal {

// Over the completed search trials with a prediction.
SurrogateQuality MeasureSurrogate(const std::map<int64_t, Trial>& trials);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_SURROGATE_QUALITY_H_
