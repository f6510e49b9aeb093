// What a dry run says of trials that recover a model and score it.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_TRIAL_FACTS_H_
#define RANKADAPTOR_RUNNERS_LLAMA_TRIAL_FACTS_H_

#include <vector>

#include "rankadaptor/llama/held_out_scorer.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/v1/llama.pb.h"

#include "runners/study/evaluator_plan.h"

namespace rankadaptor::runners {

// All borrowed.
struct TrialData {
  const v1::Recovery& recovery;
  const v1::Scoring& scoring;
  const llama::RecoveryData& data;
  const std::vector<llama::Task>& tasks;
  const std::vector<llama::HeldoutText>& texts;
};

// What one recovery is, the scoring preset, and how much there is to score.
void AddTrialFacts(const TrialData& trial, std::vector<Fact>* facts);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_TRIAL_FACTS_H_
