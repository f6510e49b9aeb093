// An evaluator that goes wrong in the way that its configuration names, written
// against the bare messages of the protocol. Its space is `fault` x `size`; the
// objective is 10 size + fault.
//
//   fault_evaluator FOLDER     keeps there which trials have crashed once
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
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

void SendReady() {
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

[[noreturn]] void AllocateForEver() {
  const rlimit core{0, 0};
  ::setrlimit(RLIMIT_CORE, &core);
  std::vector<std::vector<char>> blocks;
  while (true) blocks.emplace_back(size_t{64} << 20);
}

class Trial {
 public:
  Trial(const v1::Evaluate& asked, const std::string& folder)
      : asked_(asked),
        fault_(kFaults[asked.choices(0)].name),
        mark_(std::filesystem::path(folder) /
              std::to_string(asked.trial_id())) {}

  void Run() {
    v1::FromEvaluator started;
    started.mutable_started()->set_trial_id(asked_.trial_id());
    Send(std::move(started));
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
    if (fault_ == "nan") measured.set_objective(Limits::quiet_NaN());
    if (fault_ == "infinity") measured.set_objective(Limits::infinity());
    const int num_metrics = fault_ == "repeated_metric" ? 2 : 1;
    for (int i = 0; i < num_metrics; ++i) {
      v1::Metric& metric = *measured.add_metrics();
      metric.set_name("loss");
      metric.set_value(fault_ == "nan_metric" ? Limits::quiet_NaN()
                                              : asked_.values(1));
    }
  }

  const v1::Evaluate& asked_;
  const std::string fault_;
  const std::filesystem::path mark_;
};

void Serve(const std::string& folder) {
  // A sanitizer would turn a crash into an exit.
  std::signal(SIGSEGV, SIG_DFL);
  std::signal(SIGABRT, SIG_DFL);
  Receive();  // hello
  SendReady();
  while (true) {
    const v1::ToEvaluator message = Receive();
    if (message.has_goodbye()) return;
    if (message.has_evaluate()) Trial(message.evaluate(), folder).Run();
  }
}

}  // namespace
}  // namespace rankadaptor::testing

int main(int /*argc*/, char** argv) { rankadaptor::testing::Serve(argv[1]); }
