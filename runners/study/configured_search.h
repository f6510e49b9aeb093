// The engine's options as a search config gives them.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STUDY_CONFIGURED_SEARCH_H_
#define RANKADAPTOR_RUNNERS_STUDY_CONFIGURED_SEARCH_H_

#include <memory>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/surrogate/mlp_model.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_source.h"
#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// With the baselines of `plan`, after ReadPastStudies(). What is enqueued and
// what past studies tried is left out where it is not of the space:
// CheckSearch() says so.
StudyOptions StudyOptionsFrom(const v1::SearchConfig& config,
                              const EvaluatorPlan& plan);

// Without a performance model.
StrategyOptions StrategyOptionsFrom(const v1::SearchConfig& config,
                                    const EvaluatorPlan& plan);

// Of the performance model of strategy "paper"; without a seed.
surrogate::MlpOptions MlpOptionsFrom(const v1::SearchOptions& search);

// As MakeStrategy() knows it.
std::string StrategyName(const v1::SearchConfig& config);

// What can be told of the options before anything is made. Errors name the
// field.
Status CheckSearch(const v1::SearchConfig& config,
                   const ConfigSource& source,
                   const EvaluatorPlan& plan);

Result<std::unique_ptr<Strategy>> MakeConfiguredStrategy(
    const v1::SearchConfig& config, const EvaluatorPlan& plan);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_CONFIGURED_SEARCH_H_
