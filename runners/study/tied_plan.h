// Parameters that a config ties (`search.tied`): what is searched has one
// parameter for each group, the evaluator sees all of its own.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STUDY_TIED_PLAN_H_
#define RANKADAPTOR_RUNNERS_STUDY_TIED_PLAN_H_

#include <memory>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/tied_space.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// `space` with the groups of the config, none of them if it ties nothing.
// Errors name the field: a name that is no parameter or is tied twice, members
// whose choices differ, groups that cannot keep the constraints.
Result<TiedSpace> TieSpace(const SearchSpace& space,
                           const v1::SearchConfig& config,
                           const ConfigSource& source);

// The same evaluator over the smaller space. Baselines whose tied parameters
// differ are left out. Errors as TieSpace().
Result<std::unique_ptr<EvaluatorPlan>> TiePlan(
    std::unique_ptr<EvaluatorPlan> plan,
    const v1::SearchConfig& config,
    const ConfigSource& source);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_TIED_PLAN_H_
