#include "rankadaptor/process/serve_evaluator.h"

#include <cmath>
#include <csignal>
#include <exception>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "evaluators/process/engine_link.h"
#include "evaluators/process/messages.h"

namespace rankadaptor::process {
namespace {

using internal::EngineLink;
namespace v1 = evaluator::v1;

// The engine's trial as the evaluator sees it.
class RemoteTrial final : public TrialContext {
 public:
  RemoteTrial(const v1::Evaluate& asked, EngineLink& link)
      : asked_(asked), link_(link) {}
  int64_t trial_id() const override { return asked_.trial_id(); }
  uint64_t seed() const override { return asked_.seed(); }
  ItemSplit split() const override {
    return asked_.split() == v1::SPLIT_CONFIRM ? ItemSplit::kConfirm
                                               : ItemSplit::kSearch;
  }
  double fidelity() const override { return asked_.fidelity(); }
  bool cancelled() const override { return link_.Cancelled(trial_id()); }
  void Report(double fraction_done, double value) override {
    v1::FromEvaluator message;
    message.mutable_progress()->set_trial_id(trial_id());
    message.mutable_progress()->set_fraction_done(fraction_done);
    message.mutable_progress()->set_value(value);
    link_.Send(std::move(message));
  }
  void Keep(std::string path) override {
    std::lock_guard lock(mutex_);
    kept_.push_back(std::move(path));
  }

  void MoveTo(v1::Measured& measured) {
    for (std::string& path : kept_) measured.add_kept(std::move(path));
  }

 private:
  const v1::Evaluate& asked_;
  EngineLink& link_;
  std::mutex mutex_;  // guards the rest
  std::vector<std::string> kept_;
};

// What is thrown is the evaluator's failure.
template <typename T, typename Body>
Result<T> WithoutExceptions(const Body& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("it ran out of memory");
  } catch (const std::exception& error) {
    return Internal(error.what());
  } catch (...) {
    return Internal("it threw something that is no std::exception");
  }
}

class Server {
 public:
  Server(EngineLink& link, const EvaluatorMaker& make)
      : link_(link), make_(make) {}

  // False: it was refused, or there was nobody.
  Result<bool> Greet() {
    RA_ASSIGN_OR_RETURN(const std::optional<v1::ToEvaluator> first,
                        link_.Receive());
    if (!first) return false;
    if (!first->has_hello()) return DataLoss("the first message is no hello");
    const v1::Hello& hello = first->hello();
    heartbeat_seconds_ = std::max(0.01, hello.heartbeat_seconds());
    link_.StartHeartbeats(heartbeat_seconds_);
    Result<ServedEvaluator> made =
        WithoutExceptions<ServedEvaluator>([&] { return Make(hello); });
    link_.StopHeartbeats();
    v1::FromEvaluator answer;
    if (made) {
      served_ = *std::move(made);
      Introduce(*answer.mutable_ready());
    } else {
      answer.mutable_refused()->set_message(made.error().message);
    }
    link_.Send(std::move(answer));
    return made.has_value();
  }

  Status AnswerTrials() {
    while (true) {
      RA_ASSIGN_OR_RETURN(const std::optional<v1::ToEvaluator> message,
                          link_.Receive());
      if (!message || message->has_goodbye()) return {};
      if (message->has_accepted()) continue;
      if (!message->has_evaluate()) {
        return DataLoss("the engine sent a message that has no place here");
      }
      AnswerTrial(message->evaluate());
    }
  }

 private:
  Result<ServedEvaluator> Make(const v1::Hello& hello) {
    if (Status status = internal::CheckProtocol(hello.protocol_major(),
                                                hello.protocol_minor());
        !status) {
      return InContext("the engine", std::move(status).error());
    }
    EvaluatorRequest request{.space = std::nullopt, .config = hello.config()};
    if (hello.has_space()) {
      RA_ASSIGN_OR_RETURN(request.space, internal::SpaceOf(hello.space()));
    }
    return make_(std::move(request));
  }

  void Introduce(v1::Ready& ready) const {
    ready.set_protocol_major(internal::kProtocolMajor);
    ready.set_protocol_minor(internal::kProtocolMinor);
    ready.set_name(served_.capabilities.name);
    ready.set_version(served_.capabilities.version);
    ready.set_deterministic(served_.capabilities.deterministic);
    ready.mutable_fidelities()->Assign(served_.capabilities.fidelities.begin(),
                                       served_.capabilities.fidelities.end());
    ready.set_build(served_.build);
    ready.set_thread_safe(served_.capabilities.thread_safe);
    ready.set_may_share_process(!served_.wants_process);
    if (served_.space) {
      *ready.mutable_space() = internal::MessageOf(*served_.space);
    }
  }

  void AnswerTrial(const v1::Evaluate& asked) {
    v1::FromEvaluator started;
    started.mutable_started()->set_trial_id(asked.trial_id());
    link_.Send(std::move(started));
    link_.StartHeartbeats(heartbeat_seconds_);
    RemoteTrial trial(asked, link_);
    const Result<Measurement> measured = Measure(asked, trial);
    link_.StopHeartbeats();
    v1::FromEvaluator answer;
    if (measured) {
      *answer.mutable_measured() = internal::MessageOf(*measured);
      answer.mutable_measured()->set_trial_id(asked.trial_id());
      trial.MoveTo(*answer.mutable_measured());
    } else {
      *answer.mutable_failed() = internal::MessageOf(measured.error());
      answer.mutable_failed()->set_trial_id(asked.trial_id());
    }
    link_.Send(std::move(answer));
  }

  Result<Measurement> Measure(const v1::Evaluate& asked, RemoteTrial& trial) {
    if (served_.evaluator == nullptr) {
      return Internal("it was made without a space");
    }
    const Configuration configuration{
        {asked.choices().begin(), asked.choices().end()}};
    if (served_.space) {
      RA_RETURN_IF_ERROR(served_.space->Validate(configuration));
    }
    return WithoutExceptions<Measurement>(
        [&] { return served_.evaluator->Evaluate(configuration, trial); });
  }

  EngineLink& link_;
  const EvaluatorMaker& make_;
  ServedEvaluator served_;
  double heartbeat_seconds_ = 1;
};

}  // namespace

Status ServeEvaluator(const ProtocolPipes& pipes, const EvaluatorMaker& make) {
  // An engine that is gone is the end of the input, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  EngineLink link(pipes);
  Server server(link, make);
  RA_ASSIGN_OR_RETURN(const bool ready, server.Greet());
  if (!ready) return {};
  return server.AnswerTrials();
}

}  // namespace rankadaptor::process
