// What a stored study searched and maximised, without loading or running what
// its config names: the file may come from anybody.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STUDY_STORED_SPACE_H_
#define RANKADAPTOR_RUNNERS_STUDY_STORED_SPACE_H_

#include <memory>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"

#include "runners/report/objective.h"
#include "runners/store/study_store.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

struct StoredSpace {
  SearchSpace space;
  Objective objective;
  // Null where a program outside this one evaluated.
  std::shared_ptr<EvaluatorPlan> plan;
};

// Of `rankadaptor search` or `serve`. Errors say what of the config cannot be
// read, also files of the evaluator that are not there any more.
Result<StoredSpace> ReadStoredSpace(const StudyHeader& header);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_STORED_SPACE_H_
