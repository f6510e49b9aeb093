// An evaluator that goes wrong in the way that its configuration names, written
// against the bare messages of the protocol. Its space is `fault` x `size`; the
// objective is 10 size + fault.
//
//   fault_evaluator FOLDER [MODE]     keeps there what outlives its processes
//
// A mode is something that is wrong, or special, with the whole process
// (ReadyFor(), Trial).
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sched.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <sys/resource.h>

#include "rankadaptor/evaluator/v1/protocol.pb.h"

#include "tests/unit/process/faults.h"

namespace rankadaptor::testing {
namespace {

namespace v1 = evaluator::v1;

constexpr int kNumSizes = 50;

std::string Framed(const v1::FromEvaluator& message) {
  const std::string body = message.SerializeAsString();
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    bytes.push_back(static_cast<char>(body.size() >> (8 * i) & 0xff));
  }
  return bytes + body;
}

void Write(const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t size =
        ::write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (size <= 0) ::_exit(0);
    done += static_cast<size_t>(size);
  }
}

uint64_t sequence = 0;

void Send(v1::FromEvaluator message) {
  message.set_sequence(++sequence);
  Write(Framed(message));
}

std::string ReadExactly(size_t size) {
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(STDIN_FILENO, bytes.data() + done, size - done);
    if (got <= 0) ::_exit(0);
    done += static_cast<size_t>(got);
  }
  return bytes;
}

v1::ToEvaluator Receive() {
  const std::string head = ReadExactly(4);
  uint32_t size = 0;
  for (int i = 3; i >= 0; --i) {
    size = size << 8 | static_cast<unsigned char>(head[i]);
  }
  v1::ToEvaluator message;
  message.ParseFromString(ReadExactly(size));
  return message;
}

// How many processes have been started so far, with this one.
int CountStart(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "starts";
  int count = 0;
  std::ifstream(file) >> count;
  std::ofstream(file) << ++count;
  return count;
}

void ReadyFor(const std::string& mode,
              const std::string& folder,
              v1::Ready& ready) {
  if (mode == "other_major") ready.set_protocol_major(2);
  if (mode == "newer_minor") ready.set_protocol_minor(7);
  if (mode == "nameless") ready.clear_name();
  if (mode == "fidelities") {
    ready.add_fidelities(0.25);
    ready.add_fidelities(1);
  }
  if (mode == "descending_fidelities") {
    ready.add_fidelities(1);
    ready.add_fidelities(0.25);
  }
  if (mode == "no_choices") {
    ready.mutable_space()->mutable_parameters(1)->clear_choices();
  }
  if (mode == "other_version_each_time") {
    ready.set_version(std::to_string(CountStart(folder)));
  }
}

void SendReady(const std::string& mode = "", const std::string& folder = "") {
  v1::FromEvaluator message;
  v1::Ready& ready = *message.mutable_ready();
  ready.set_protocol_major(1);
  ready.set_name("test.faults");
  ready.set_version("1");
  ready.set_deterministic(true);
  v1::Parameter& fault = *ready.mutable_space()->add_parameters();
  fault.set_name("fault");
  fault.set_categorical(true);
  for (const Fault& entry : kFaults) fault.add_labels(entry.name);
  v1::Parameter& size = *ready.mutable_space()->add_parameters();
  size.set_name("size");
  for (int i = 0; i < kNumSizes; ++i) size.add_choices(i);
  ReadyFor(mode, folder, ready);
  Send(std::move(message));
}

// For ever, saying so again and again.
[[noreturn]] void Stay(const char* word, bool busily) {
  while (true) {
    std::fprintf(stderr, "%s\n", word);
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    if (!busily) std::this_thread::sleep_until(end);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
}

void LeaveNoCore() {
  const rlimit core{0, 0};
  ::setrlimit(RLIMIT_CORE, &core);
}

[[noreturn]] void AllocateForEver() {
  LeaveNoCore();
  std::vector<std::vector<char>> blocks;
  while (true) blocks.emplace_back(size_t{64} << 20);
}

void Leak() {
  LeaveNoCore();
  static std::vector<std::vector<char>> leaked;
  leaked.emplace_back(size_t{32} << 20);
}

// Until another process is here too.
void Meet(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  const fs::path place = folder / "meeting";
  fs::create_directories(place);
  std::ofstream(place / std::to_string(::getpid())).flush();
  while (std::distance(fs::directory_iterator(place), {}) < 2) {
    v1::FromEvaluator message;
    message.mutable_heartbeat();
    Send(std::move(message));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void AddMetric(const char* name, double value, v1::Measured& measured) {
  v1::Metric& metric = *measured.add_metrics();
  metric.set_name(name);
  metric.set_value(value);
}

// Which worker this is and where it may run.
void AddPlace(int worker, v1::Measured& measured) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  ::sched_getaffinity(0, sizeof cores, &cores);
  int first = 0;
  while (!CPU_ISSET(first, &cores)) ++first;
  AddMetric("worker", worker, measured);
  AddMetric("cores", CPU_COUNT(&cores), measured);
  AddMetric("first core", first, measured);
  AddMetric("device", std::atoi(std::getenv("CUDA_VISIBLE_DEVICES")), measured);
}

struct Setting {
  std::string folder;
  std::string mode;
  int worker = 0;
};

class Trial {
 public:
  Trial(const v1::Evaluate& asked, const Setting& setting)
      : asked_(asked),
        setting_(setting),
        fault_(kFaults[asked.choices(0)].name),
        mark_(std::filesystem::path(setting.folder) /
              std::to_string(asked.trial_id())) {}

  void Run() {
    v1::FromEvaluator started;
    started.mutable_started()->set_trial_id(asked_.trial_id());
    Send(std::move(started));
    if (setting_.mode == "leaks") Leak();
    if (setting_.mode == "meets") Meet(setting_.folder);
    Misbehave();
    SendResult();
    if (fault_ == "exits_after_result") ::_exit(0);
  }

 private:
  void Misbehave() {
    if (fault_ == "crash") std::raise(SIGSEGV);
    if (fault_ == "abort") {
      std::fprintf(stderr, "assertion failed\n");
      std::abort();
    }
    if (fault_ == "exit") ::_exit(3);
    if (fault_ == "exits_well") ::_exit(0);
    if (fault_ == "out_of_memory") AllocateForEver();
    if (fault_ == "loop") Stay(kLooping, /*busily=*/true);
    if (fault_ == "silence") Stay(kSilent, /*busily=*/false);
    if (fault_ == "closes_output") {
      ::close(STDOUT_FILENO);
      Stay(kSilent, /*busily=*/false);
    }
    if (fault_ == "noise") {
      for (int i = 0; i < 20000; ++i) std::fprintf(stderr, "%d ok\r", i);
    }
    if (fault_ == "crashes_once" && !std::filesystem::exists(mark_)) {
      std::ofstream(mark_).flush();
      std::raise(SIGSEGV);
    }
    BreakProtocol();
  }

  void BreakProtocol() {
    if (fault_ == "garbage")
      Write(std::string("\5\0\0\0\377\377\377\377\377", 9));
    if (fault_ == "text") Write("Epoch 1 of 3\n");
    if (fault_ == "oversized") Write("\377\377\377\377");
    if (fault_ == "half_message") {
      Write(std::string("\377\0\0\0half", 8));
      ::_exit(4);
    }
    if (fault_ == "repeated_number") --sequence;
    if (fault_ == "skipped_number") ++sequence;
    if (fault_ == "out_of_place") SendReady();
    if (fault_ == "empty_message") Send({});
  }

  void SendResult() {
    v1::FromEvaluator message;
    if (fault_ == "fails") {
      Fail(v1::CODE_FAILED, "no such GPU", message);
    } else if (fault_ == "infeasible") {
      Fail(v1::CODE_INFEASIBLE, "rank 64 does not fit", message);
    } else if (fault_ == "exhausted") {
      Fail(v1::CODE_RESOURCE_EXHAUSTED, "CUDA out of memory", message);
    } else {
      Measure(*message.mutable_measured());
    }
    Send(std::move(message));
  }

  void Fail(v1::Code code, const char* reason, v1::FromEvaluator& message) {
    message.mutable_failed()->set_trial_id(asked_.trial_id());
    message.mutable_failed()->set_code(code);
    message.mutable_failed()->set_message(reason);
  }

  void Measure(v1::Measured& measured) {
    using Limits = std::numeric_limits<double>;
    measured.set_trial_id(fault_ == "other_trial" ? 123456 : asked_.trial_id());
    measured.set_objective(10 * asked_.values(1) + asked_.values(0));
    if (fault_ == "keeps_outside") measured.add_kept("../a");
    if (fault_ == "nan") measured.set_objective(Limits::quiet_NaN());
    if (fault_ == "infinity") measured.set_objective(Limits::infinity());
    const int num_metrics = fault_ == "repeated_metric" ? 2 : 1;
    for (int i = 0; i < num_metrics; ++i) {
      const double loss =
          fault_ == "nan_metric" ? Limits::quiet_NaN() : asked_.values(1);
      AddMetric("loss", loss, measured);
    }
    if (setting_.mode == "meets") AddPlace(setting_.worker, measured);
    if (setting_.mode == "fidelities") {
      AddMetric("fidelity", asked_.fidelity(), measured);
    }
  }

  const v1::Evaluate& asked_;
  const Setting& setting_;
  const std::string fault_;
  const std::filesystem::path mark_;
};

void AnswerHello(const Setting& setting) {
  if (setting.mode == "starts_at_once") {
    v1::FromEvaluator message;
    message.mutable_started();
    Send(std::move(message));
  } else {
    SendReady(setting.mode, setting.folder);
  }
}

void Serve(Setting setting) {
  // A sanitizer would turn a crash into an exit.
  std::signal(SIGSEGV, SIG_DFL);
  std::signal(SIGABRT, SIG_DFL);
  setting.worker = static_cast<int>(Receive().hello().worker());
  AnswerHello(setting);
  while (true) {
    const v1::ToEvaluator message = Receive();
    if (message.has_goodbye()) return;
    if (message.has_evaluate()) Trial(message.evaluate(), setting).Run();
  }
}

}  // namespace
}  // namespace rankadaptor::testing

int main(int argc, char** argv) {
  rankadaptor::testing::Serve(
      {.folder = argv[1], .mode = argc > 2 ? argv[2] : ""});
}
