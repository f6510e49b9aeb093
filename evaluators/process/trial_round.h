// One trial with one process: from the message that asks for it to the result,
// or to the reason why there is none.
//
// One thread at a time, once.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_TRIAL_ROUND_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_TRIAL_ROUND_H_

#include <optional>
#include <string>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/evaluator/v1/protocol.pb.h"
#include "rankadaptor/search/evaluator.h"

#include "evaluators/process/connection.h"

namespace rankadaptor::process::internal {

struct TrialTimeouts {
  std::optional<double> trial_seconds;
  double silence_seconds = 0;
  double cancel_seconds = 0;
};

struct TrialEnd {
  Result<Measurement> result;
  bool worker_lost = false;  // the process is gone or must go
  bool may_succeed = false;  // in another process
  bool began = true;         // the evaluator said that it has the trial
};

class TrialRound {
 public:
  // All are borrowed.
  TrialRound(Connection& connection,
             const TrialTimeouts& timeouts,
             bool minimised,
             TrialContext& trial,
             const Clock& clock);

  TrialEnd Run(evaluator::v1::Evaluate evaluate);

 private:
  Result<std::optional<TrialEnd>> Step();
  Result<std::optional<TrialEnd>> Handle(
      const evaluator::v1::FromEvaluator& message);
  void Report(const evaluator::v1::Progress& progress);
  static Status CheckKept(const std::string& path);
  Result<std::optional<TrialEnd>> Take(const evaluator::v1::Measured& measured);
  TrialEnd Take(const evaluator::v1::Failed& failed);
  std::optional<TrialEnd> CheckCancelled();
  std::optional<TrialEnd> CheckTimes(bool silent);
  TrialEnd KillFor(Error error, bool may_succeed);
  Status CheckTrial(int64_t trial_id) const;

  Connection& connection_;
  const TrialTimeouts timeouts_;
  const bool minimised_;
  TrialContext& trial_;
  const Clock& clock_;
  double start_ = 0;
  double heard_ = 0;                 // when the last message came
  std::optional<double> cancelled_;  // when it was told
  bool began_ = false;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_TRIAL_ROUND_H_
