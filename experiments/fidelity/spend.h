// A search that is stopped by what its trials have cost, not by their number.
#ifndef RANKADAPTOR_EXPERIMENTS_FIDELITY_SPEND_H_
#define RANKADAPTOR_EXPERIMENTS_FIDELITY_SPEND_H_

#include <functional>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/strategy.h"

namespace rankadaptor::experiments {

// The objective of an asked trial: its id, configuration and fidelity are set.
using Measure = std::function<Result<double>(const Trial& trial)>;

// Measures what `strategy` asks for, one after the other, until that has cost
// `cost` full trials. Returns what it recommends after each of `num_parts`
// equal parts of the cost. A trial may cost no more than a part.
Result<std::vector<Configuration>> Spend(Strategy& strategy,
                                         const Measure& measure,
                                         double cost,
                                         int num_parts);

}  // namespace rankadaptor::experiments

#endif  // RANKADAPTOR_EXPERIMENTS_FIDELITY_SPEND_H_
