// Trials as parameters and rows of PostgreSQL statements.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STORE_POSTGRES_TRIAL_H_
#define RANKADAPTOR_RUNNERS_STORE_POSTGRES_TRIAL_H_

#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/trial.h"

#include "runners/store/postgres.h"

namespace rankadaptor::runners {

// In the order of kPlanColumns.
std::vector<PostgresValue> PlanValues(const Trial& trial);

// In the order of kResultColumns, and then what StorePartsOfTrial() stores, as
// JSON.
std::vector<PostgresValue> ResultValues(const Trial& trial);

// Lists of plans as one JSON parameter: arrays in the order of kPlanColumns.
std::string PlansAsJson(std::span<const Trial> trials);

// Common table expressions, each with a comma behind it but the last, that
// store metrics, reports and artifacts of the one row of `stored (study, id)`
// out of parameter $6.
std::string StorePartsOfTrial();

// The trials of a study for which `condition` holds, by id. The condition may
// name the columns `study` (it must be $1), `id` and `position` of the table of
// trials, and `values` as $2 and on. kDataLoss names what no study can hold.
Result<std::vector<Trial>> ReadTrials(
    PostgresConnection& connection,
    int64_t study,
    const std::string& condition,
    const std::vector<PostgresValue>& values = {});

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_POSTGRES_TRIAL_H_
