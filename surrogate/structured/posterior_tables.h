// Compiles functions of the structured model to tables.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_POSTERIOR_TABLES_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_POSTERIOR_TABLES_H_

#include <span>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/surrogate/effect_tables.h"

#include "surrogate/structured/covariance.h"

namespace rankadaptor::surrogate {

// Adds x -> sum over r of weights[r] * covariance(x, row r) to the tables, but
// for residual and sources.
void AddPosteriorTables(const Covariance& covariance,
                        std::span<const int32_t> rows,
                        std::span<const double> weights,
                        EffectTables& tables);

// A random function of the prior, without residual and sources.
EffectTables SamplePriorTables(const Covariance& covariance,
                               RandomStream& stream);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_POSTERIOR_TABLES_H_
