// Everything that goes wrong with an evaluator's process, by the name that its
// parameter "fault" has. fault_evaluator does it; the tests say what the engine
// makes of it.
#ifndef RANKADAPTOR_TESTS_UNIT_PROCESS_FAULTS_H_
#define RANKADAPTOR_TESTS_UNIT_PROCESS_FAULTS_H_

#include "rankadaptor/search/trial.h"

namespace rankadaptor::testing {

struct Fault {
  const char* name;
  TrialState state;
  const char* reason;  // a part of it
};

// The child prints kLooping or kSilent once it is where it will stay for ever.
constexpr char kLooping[] = "looping";
constexpr char kSilent[] = "silent";

constexpr Fault kFaults[] = {
    {"none", TrialState::kComplete, ""},
    {"noise", TrialState::kComplete, ""},
    {"crashes_once", TrialState::kComplete, ""},
    {"exits_after_result", TrialState::kComplete, ""},
    {"crash",
     TrialState::kFailed,
     "was killed by signal 11 (Segmentation fault)"},
    {"abort",
     TrialState::kFailed,
     "was killed by signal 6 (Aborted); it last printed \"assertion failed\""},
    {"exit", TrialState::kFailed, "ended with exit code 3"},
    {"exits_well", TrialState::kFailed, "ended with exit code 0"},
    {"loop",
     TrialState::kFailed,
     "did not finish within 1e+09 seconds and was killed"},
    {"silence",
     TrialState::kFailed,
     "was silent for 60 seconds, not even a heartbeat came, and was killed"},
    {"closes_output",
     TrialState::kFailed,
     "closed its standard input or output and went on"},
    {"garbage",
     TrialState::kFailed,
     "sent 5 bytes that are no message of the protocol"},
    {"text",
     TrialState::kFailed,
     "sent text where a message was due: \"Epoch 1 of 3\""},
    {"oversized",
     TrialState::kFailed,
     "announced a message of 4294967295 bytes; allowed: at most 16777216"},
    {"half_message", TrialState::kFailed, "ended with exit code 4"},
    {"repeated_number",
     TrialState::kFailed,
     "sent message number 2 where 3 was due"},
    {"skipped_number",
     TrialState::kFailed,
     "sent message number 4 where 3 was due"},
    {"other_trial",
     TrialState::kFailed,
     "speaks of trial 123456 while it evaluates trial "},
    {"out_of_place",
     TrialState::kFailed,
     "sent a message that has no place in a trial"},
    {"empty_message",
     TrialState::kFailed,
     "sent a message that has no place in a trial"},
    {"nan",
     TrialState::kFailed,
     "returned the objective nan, which is not finite"},
    {"infinity",
     TrialState::kFailed,
     "returned the objective inf, which is not finite"},
    {"nan_metric",
     TrialState::kFailed,
     "returned the metric \"loss\" = nan, which is not finite"},
    {"repeated_metric",
     TrialState::kFailed,
     "returned the metric \"loss\" twice"},
    {"keeps_outside",
     TrialState::kFailed,
     "kept \"../a\", which is no path in the study's folder"},
    {"fails", TrialState::kFailed, "no such GPU"},
    {"infeasible", TrialState::kInfeasible, "rank 64 does not fit"},
    {"exhausted", TrialState::kFailed, "CUDA out of memory"},
    {"out_of_memory", TrialState::kFailed, "std::bad_alloc"},
};

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_UNIT_PROCESS_FAULTS_H_
