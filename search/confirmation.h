// The convergence phase's second half: finalists and baselines are measured
// again, all with the same fresh seeds, so that their differences can be taken
// seed by seed. Seeds are spent where they decide: in a race, a finalist drops
// out when it is worse than the leading one beyond doubt.
#ifndef RANKADAPTOR_SEARCH_CONFIRMATION_H_
#define RANKADAPTOR_SEARCH_CONFIRMATION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/search/study_summary.h"
#include "rankadaptor/search/trial.h"

#include "search/trial_log.h"

namespace rankadaptor::internal {

// Who is confirmed, without results: the recommendation, the best observed
// trial, then the baselines. A configuration is a finalist only once.
std::vector<ConfirmedCandidate> MakeCandidates(
    const std::vector<Suggestion>& recommended,
    const std::optional<Trial>& best_observed,
    const std::vector<Baseline>& baselines);

// Seeds that every candidate gets before any can drop out: fewer say nothing of
// the spread.
inline constexpr size_t kMinConfirmSeeds = 3;

// The trials that measure the candidates with these seeds: one for each
// different configuration and seed, ids from `first_id` on. What an ended study
// left in `log` below `first_id` is not measured again.
std::vector<Trial> PlanConfirmation(
    const std::vector<ConfirmedCandidate>& candidates,
    std::span<const uint64_t> seeds,
    int64_t first_id,
    const TrialLog& log);

// Those of the candidates that more seeds are to be spent on, as the seeds'
// results in `log` say.
std::vector<ConfirmedCandidate> StillInRace(
    const std::vector<ConfirmedCandidate>& candidates,
    std::span<const uint64_t> seeds,
    const TrialLog& log);

// Fills in the results from `log`: objective and metrics of each candidate and
// the difference to the first baseline.
void SummariseConfirmation(std::span<const uint64_t> seeds,
                           const TrialLog& log,
                           std::vector<ConfirmedCandidate>& candidates);

// Index of the finalist with the highest mean.
std::optional<int> BestFinalist(
    const std::vector<ConfirmedCandidate>& candidates);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_CONFIRMATION_H_
