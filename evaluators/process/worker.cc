#include "evaluators/process/worker.h"

#include <algorithm>
#include <sched.h>
#include <string>
#include <utility>
#include <vector>

#include "evaluators/process/messages.h"
#include "evaluators/process/seconds_text.h"

namespace rankadaptor::process::internal {
namespace {

constexpr double kMaxHeartbeatSeconds = 5;
constexpr double kGoodbyeSeconds = 2;

std::string NameOf(int index) {
  return "evaluator worker " + std::to_string(index);
}

// The cores of worker `index`: its share of those that this process may use.
std::vector<int> CoresOf(int index, int num_cores) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<int> all;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) all.push_back(core);
  }
  std::vector<int> cores;
  for (int i = 0; i < std::min<int>(num_cores, std::ssize(all)); ++i) {
    cores.push_back(all[(index * num_cores + i) % all.size()]);
  }
  return cores;
}

ChildOptions ChildOptionsFrom(const ProcessOptions& options, int index) {
  ChildOptions child{.command = options.command,
                     .folder = options.folder,
                     .environment = {},
                     .memory_bytes = options.memory_bytes,
                     .cores = {}};
  if (options.cores_per_worker) {
    child.cores = CoresOf(index, *options.cores_per_worker);
    child.environment.push_back("OMP_NUM_THREADS=" +
                                std::to_string(child.cores.size()));
  }
  if (!options.devices.empty()) {
    child.environment.push_back(
        "CUDA_VISIBLE_DEVICES=" +
        options.devices[index % options.devices.size()]);
  }
  return child;
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::Start(
    const ProcessOptions& options,
    int index,
    Launcher& launcher,
    const Clock& clock,
    LogSink& log,
    const std::function<bool()>& cancelled) {
  RA_ASSIGN_OR_RETURN(ChildProcess child,
                      launcher.Start(ChildOptionsFrom(options, index)));
  std::unique_ptr<Worker> worker(
      new Worker(options, std::move(child), index, clock));
  worker->LogTo(log);
  if (Status ready = worker->Introduce(index, cancelled); !ready) {
    worker->connection_.Kill();
    if (worker->refused_) return tl::unexpected(std::move(ready).error());
    return InContext(options.command.front(), std::move(ready).error());
  }
  return worker;
}

Worker::Worker(const ProcessOptions& options,
               ChildProcess child,
               int index,
               const Clock& clock)
    : options_(options),
      clock_(clock),
      connection_(std::move(child),
                  NameOf(index),
                  options.exit_timeout_seconds,
                  clock) {}

Worker::~Worker() { connection_.Close(kGoodbyeSeconds); }

Status Worker::Introduce(int index, const std::function<bool()>& cancelled) {
  v1::ToEvaluator message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_protocol_major(kProtocolMajor);
  hello.set_protocol_minor(kProtocolMinor);
  hello.set_config(options_.config);
  hello.set_worker(static_cast<uint32_t>(index));
  hello.set_heartbeat_seconds(
      std::min(kMaxHeartbeatSeconds, options_.heartbeat_timeout_seconds / 4));
  if (options_.space) *hello.mutable_space() = MessageOf(*options_.space);
  const double timeout = options_.start_timeout_seconds;
  const double deadline = clock_.MonotonicSeconds() + timeout;
  RA_RETURN_IF_ERROR(connection_.Send(std::move(message), timeout));
  while (true) {
    RA_ASSIGN_OR_RETURN(const std::optional<v1::FromEvaluator> answer,
                        connection_.Receive());
    if (answer && answer->has_ready()) return Learn(answer->ready());
    if (answer && answer->has_refused()) {
      refused_ = true;
      return InvalidArgument(answer->refused().message());
    }
    if (answer && !answer->has_heartbeat()) {
      return DataLoss("answered the hello with something else");
    }
    if (cancelled()) return Cancelled("given up while it started");
    if (clock_.MonotonicSeconds() > deadline) {
      return connection_.WithLastLine(
          Unavailable("was not ready within " + Seconds(timeout)));
    }
  }
}

Status Worker::Learn(const v1::Ready& ready) {
  RA_RETURN_IF_ERROR(
      CheckProtocol(ready.protocol_major(), ready.protocol_minor()));
  if (ready.name().empty()) return DataLoss("does not say its name");
  EvaluatorCapabilities& capabilities = introduction_.capabilities;
  capabilities.name = ready.name();
  capabilities.version = ready.version();
  capabilities.thread_safe = true;  // each call has a process of its own
  capabilities.deterministic = ready.deterministic();
  if (ready.fidelities_size() > 0) {
    capabilities.fidelities.assign(ready.fidelities().begin(),
                                   ready.fidelities().end());
  }
  RA_RETURN_IF_ERROR(CheckFidelities(capabilities.fidelities));
  if (!ready.objective().empty()) {
    introduction_.objective.name = ready.objective();
  }
  introduction_.objective.minimised = ready.minimised();
  introduction_.library_notes = {
      .build = ready.build(),
      .thread_safe = ready.thread_safe(),
      .may_share_process = ready.may_share_process()};
  return LearnSpace(ready);
}

Status Worker::LearnSpace(const v1::Ready& ready) {
  introduction_.space = options_.space;
  if (!ready.has_space()) return {};
  auto space = SpaceOf(ready.space());
  if (!space) return InContext("its space", space.error());
  if (options_.space && !SameSpace(*space, *options_.space)) {
    return InvalidArgument("has another space than the one it was given");
  }
  // The one that was given has descriptors.
  if (!options_.space) introduction_.space = *std::move(space);
  return {};
}

TrialEnd Worker::Evaluate(const Configuration& configuration,
                          const SearchSpace& space,
                          TrialContext& trial) {
  TrialRound round(connection_,
                   {.trial_seconds = options_.trial_timeout_seconds,
                    .silence_seconds = options_.heartbeat_timeout_seconds,
                    .cancel_seconds = options_.cancel_timeout_seconds},
                   introduction_.objective.minimised,
                   trial,
                   clock_);
  return round.Run(MessageOf(configuration, space, trial));
}

}  // namespace rankadaptor::process::internal
