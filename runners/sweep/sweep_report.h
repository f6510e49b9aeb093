// What a person sees of a sweep: where its studies stand and what came out.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SWEEP_REPORT_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SWEEP_REPORT_H_

#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "runners/sweep/sweep_files.h"
#include "runners/sweep/sweep_plan.h"
#include "runners/sweep/sweep_state.h"

namespace rankadaptor::runners {

// A line per study. `notes` says more of a study that is neither done nor
// failed, in the plan's order; "" for nothing, or no notes at all.
std::string StandingsAsText(const SweepPlan& plan,
                            const SweepFiles& files,
                            const std::vector<StudyStanding>& standings,
                            const std::vector<std::string>& notes);

// "3 of 4 studies are done, 1 failed".
std::string StandingsInShort(const std::vector<StudyStanding>& standings);

// Writes results.md and results.csv; returns the table for the terminal, ""
// while no study is done.
Result<std::string> WriteResults(const SweepPlan& plan,
                                 const SweepFiles& files,
                                 const std::vector<StudyStanding>& standings);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SWEEP_REPORT_H_
