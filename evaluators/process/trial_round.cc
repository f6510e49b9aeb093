#include "evaluators/process/trial_round.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "rankadaptor/common/quote.h"

#include "evaluators/process/messages.h"
#include "evaluators/process/seconds_text.h"

namespace rankadaptor::process::internal {

TrialRound::TrialRound(Connection& connection,
                       const TrialTimeouts& timeouts,
                       bool minimised,
                       TrialContext& trial,
                       const Clock& clock)
    : connection_(connection),
      timeouts_(timeouts),
      minimised_(minimised),
      trial_(trial),
      clock_(clock) {}

TrialEnd TrialRound::Run(v1::Evaluate evaluate) {
  start_ = heard_ = clock_.MonotonicSeconds();
  v1::ToEvaluator message;
  *message.mutable_evaluate() = std::move(evaluate);
  Status sent = connection_.Send(std::move(message), timeouts_.silence_seconds);
  if (!sent) return KillFor(sent.error(), /*may_succeed=*/true);
  while (true) {
    Result<std::optional<TrialEnd>> end = Step();
    if (!end) return KillFor(end.error(), /*may_succeed=*/true);
    if (*end) return **std::move(end);
  }
}

Result<std::optional<TrialEnd>> TrialRound::Step() {
  RA_ASSIGN_OR_RETURN(const std::optional<v1::FromEvaluator> message,
                      connection_.Receive());
  if (message) {
    heard_ = clock_.MonotonicSeconds();
    RA_ASSIGN_OR_RETURN(std::optional<TrialEnd> end, Handle(*message));
    if (end) return end;
  }
  if (auto end = CheckCancelled()) return end;
  return CheckTimes(/*silent=*/!message);
}

Result<std::optional<TrialEnd>> TrialRound::Handle(
    const v1::FromEvaluator& message) {
  using Kind = v1::FromEvaluator;
  switch (message.kind_case()) {
    case Kind::kHeartbeat:
      return std::optional<TrialEnd>();
    case Kind::kStarted:
      RA_RETURN_IF_ERROR(CheckTrial(message.started().trial_id()));
      began_ = true;
      return std::optional<TrialEnd>();
    case Kind::kProgress:
      RA_RETURN_IF_ERROR(CheckTrial(message.progress().trial_id()));
      Report(message.progress());
      return std::optional<TrialEnd>();
    case Kind::kMeasured:
      RA_RETURN_IF_ERROR(CheckTrial(message.measured().trial_id()));
      return Take(message.measured());
    case Kind::kFailed:
      RA_RETURN_IF_ERROR(CheckTrial(message.failed().trial_id()));
      return std::optional(Take(message.failed()));
    default:
      return DataLoss("sent a message that has no place in a trial");
  }
}

// For displays: what cannot be shown is left out.
void TrialRound::Report(const v1::Progress& progress) {
  if (std::isfinite(progress.fraction_done()) &&
      std::isfinite(progress.value())) {
    trial_.Report(std::clamp(progress.fraction_done(), 0.0, 1.0),
                  progress.value());
  }
}

Status TrialRound::CheckTrial(int64_t trial_id) const {
  if (trial_id == trial_.trial_id()) return {};
  return DataLoss("speaks of trial " + std::to_string(trial_id) +
                  " while it evaluates trial " +
                  std::to_string(trial_.trial_id()));
}

Status TrialRound::CheckKept(const std::string& path) {
  const std::filesystem::path normal =
      std::filesystem::path(path).lexically_normal();
  if (!normal.empty() && normal.is_relative() && *normal.begin() != "..") {
    return {};
  }
  return DataLoss("kept " + Quote(path) +
                  ", which is no path in the study's folder");
}

// The result counts even if the process is gone before it hears so.
Result<std::optional<TrialEnd>> TrialRound::Take(const v1::Measured& measured) {
  for (const std::string& path : measured.kept()) {
    RA_RETURN_IF_ERROR(CheckKept(path));
  }
  for (const std::string& path : measured.kept()) trial_.Keep(path);
  v1::ToEvaluator message;
  message.mutable_accepted()->set_trial_id(measured.trial_id());
  const Status sent =
      connection_.Send(std::move(message), timeouts_.silence_seconds);
  if (!sent) connection_.Kill();
  return TrialEnd{.result = MeasurementOf(measured, minimised_),
                  .worker_lost = !sent.has_value()};
}

TrialEnd TrialRound::Take(const v1::Failed& failed) {
  const bool exhausted = failed.code() == v1::CODE_RESOURCE_EXHAUSTED;
  return {.result = ErrorOf(failed),
          .worker_lost = exhausted,
          .may_succeed = exhausted};
}

std::optional<TrialEnd> TrialRound::CheckCancelled() {
  const double now = clock_.MonotonicSeconds();
  if (!cancelled_ && trial_.cancelled()) {
    cancelled_ = now;
    v1::ToEvaluator message;
    message.mutable_cancel()->set_trial_id(trial_.trial_id());
    const Status sent =
        connection_.Send(std::move(message), timeouts_.cancel_seconds);
    if (!sent) {
      return KillFor(sent.error(), /*may_succeed=*/false);
    }
  }
  if (!cancelled_ || now < *cancelled_ + timeouts_.cancel_seconds) {
    return std::nullopt;
  }
  return KillFor(
      Cancelled("did not stop within " + Seconds(timeouts_.cancel_seconds) +
                " and was killed")
          .value(),
      /*may_succeed=*/false);
}

// A loop without end is one the next time too; silence may have been the
// machine's.
std::optional<TrialEnd> TrialRound::CheckTimes(bool silent) {
  if (cancelled_) return std::nullopt;
  const double now = clock_.MonotonicSeconds();
  if (timeouts_.trial_seconds && now > start_ + *timeouts_.trial_seconds) {
    return KillFor(
        connection_
            .WithLastLine(Unavailable("did not finish within " +
                                      Seconds(*timeouts_.trial_seconds) +
                                      " and was killed"))
            .value(),
        /*may_succeed=*/false);
  }
  if (silent && now > heard_ + timeouts_.silence_seconds) {
    return KillFor(
        connection_
            .WithLastLine(Unavailable(
                "was silent for " + Seconds(timeouts_.silence_seconds) +
                ", not even a heartbeat came, and was killed"))
            .value(),
        /*may_succeed=*/true);
  }
  return std::nullopt;
}

// However a process ends that was told to give up: it did.
TrialEnd TrialRound::KillFor(Error error, bool may_succeed) {
  connection_.Kill();
  if (cancelled_) error.code = ErrorCode::kCancelled;
  return {.result = tl::make_unexpected(std::move(error)),
          .worker_lost = true,
          .may_succeed = may_succeed,
          .began = began_};
}

}  // namespace rankadaptor::process::internal
