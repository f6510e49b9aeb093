// The past studies that a search config names (`search.sources`). They are read
// when a study is made and kept in its config: it goes on with the same ones
// when they have grown or gone, and on every machine that works on it.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STUDY_PAST_STUDIES_H_
#define RANKADAPTOR_RUNNERS_STUDY_PAST_STUDIES_H_

#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// Fills in the parameters, configurations and scores of the studies that are
// named. Errors name the field: a study that is not there, that cannot be read
// or that has no completed full trial.
Status ReadPastStudies(const ConfigSource& source,
                       const EvaluatorPlan& plan,
                       v1::SearchConfig* config);

// Takes from the stored config of a study what ReadPastStudies() found for it.
void TakePastStudies(const v1::SearchConfig& stored, v1::SearchConfig* config);

// As the strategy learns from them, after one of the two above. Errors name the
// field.
Result<std::vector<SourceStudy>> PastStudies(const v1::SearchConfig& config,
                                             const ConfigSource& source,
                                             const EvaluatorPlan& plan);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_PAST_STUDIES_H_
