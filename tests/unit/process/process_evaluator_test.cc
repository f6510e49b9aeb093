#include "rankadaptor/process/process_evaluator.h"

#include <map>
#include <numeric>
#include <sched.h>
#include <sstream>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"
#include "tests/unit/process/fault_clock.h"
#include "tests/unit/process/faults.h"

namespace rankadaptor::process {
namespace {

using rankadaptor::testing::Fault;
using rankadaptor::testing::FaultClock;
using rankadaptor::testing::kFaults;
using rankadaptor::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class Context final : public TrialContext {
 public:
  int64_t trial_id() const override { return 3; }
  uint64_t seed() const override { return 11; }
  ItemSplit split() const override { return ItemSplit::kSearch; }
  bool cancelled() const override { return cancel; }
  double fidelity() const override { return share; }
  void Report(double, double) override {}

  bool cancel = false;
  double share = 1;
};

class ProcessEvaluatorTest : public ::testing::Test {
 protected:
  ProcessOptions Options(const std::string& mode = "none") {
    ProcessOptions options;
    options.command = {FAULT_EVALUATOR, folder_.path().string(), mode};
    options.trial_timeout_seconds = 1e9;
    options.memory_bytes = uint64_t{1} << 28;
    return options;
  }

  std::unique_ptr<ProcessEvaluator> Make(ProcessOptions options) {
    auto evaluator = ProcessEvaluator::Create(std::move(options), clock_);
    EXPECT_TRUE(evaluator) << evaluator.error().message;
    if (!evaluator) return nullptr;
    (*evaluator)->LogTo(clock_);
    return *std::move(evaluator);
  }

  Error ErrorOfStarting(ProcessOptions options) {
    auto evaluator = ProcessEvaluator::Create(std::move(options), clock_);
    return evaluator ? Error{} : evaluator.error();
  }

  static Result<Measurement> Evaluate(ProcessEvaluator& evaluator,
                                      const std::string& fault,
                                      int32_t size,
                                      bool cancel = false) {
    Context context;
    context.cancel = cancel;
    return Evaluate(evaluator, fault, size, context);
  }

  static Result<Measurement> Evaluate(ProcessEvaluator& evaluator,
                                      const std::string& fault,
                                      int32_t size,
                                      Context& context) {
    for (int32_t i = 0; i < std::ssize(kFaults); ++i) {
      if (kFaults[i].name == fault) {
        return evaluator.Evaluate({{i, size}}, context);
      }
    }
    return NotFound(fault);
  }

  TemporaryFolder folder_;
  FaultClock clock_;
};

TEST_F(ProcessEvaluatorTest, TheProgramBringsItsSpaceAlong) {
  auto evaluator = Make(Options());
  ASSERT_NE(evaluator, nullptr);
  EXPECT_EQ(evaluator->capabilities().name, "test.faults");
  EXPECT_EQ(evaluator->capabilities().version, "1");
  EXPECT_TRUE(evaluator->capabilities().thread_safe);
  EXPECT_EQ(evaluator->space()->parameter(1).choices.size(), 50u);
  EXPECT_EQ(evaluator->space()->parameter(0).kind, ParameterKind::kCategorical);
}

class ProcessFaults : public ProcessEvaluatorTest,
                      public ::testing::WithParamInterface<Fault> {};

// Before and after it another trial is measured.
TEST_P(ProcessFaults, CostOneTrialAndSayWhy) {
  const Fault& fault = GetParam();
  auto evaluator = Make(Options());
  ASSERT_NE(evaluator, nullptr);
  EXPECT_EQ(Evaluate(*evaluator, "none", 7).value().objective, 70);
  const auto measured = Evaluate(*evaluator, fault.name, 4);
  EXPECT_EQ(measured.has_value(), fault.state == TrialState::kComplete);
  if (!measured) {
    EXPECT_THAT(measured.error().message, HasSubstr(fault.reason));
    EXPECT_EQ(measured.error().code == ErrorCode::kInvalidArgument,
              fault.state == TrialState::kInfeasible);
  } else {
    EXPECT_THAT(measured->metrics, ElementsAre(Metric{"loss", 4}));
  }
  EXPECT_EQ(Evaluate(*evaluator, "none", 8).value().objective, 80);
}

INSTANTIATE_TEST_SUITE_P(All,
                         ProcessFaults,
                         ::testing::ValuesIn(kFaults),
                         [](const auto& test) {
                           return std::string(test.param.name);
                         });

TEST_F(ProcessEvaluatorTest, ALostTrialIsTriedAgainWithALimit) {
  ProcessOptions options = Options();
  options.max_retries = 2;
  auto evaluator = Make(std::move(options));
  const auto measured = Evaluate(*evaluator, "exit", 0);
  EXPECT_EQ(measured.error().message, "ended with exit code 3 (tried 3 times)");
  EXPECT_THAT(clock_.warnings(),
              ElementsAre(HasSubstr("trial 3 is tried again: ended with"),
                          HasSubstr("trial 3 is tried again: ended with")));
}

TEST_F(ProcessEvaluatorTest, WithoutRetriesACrashIsOne) {
  ProcessOptions options = Options();
  options.max_retries = 0;
  auto evaluator = Make(std::move(options));
  EXPECT_EQ(Evaluate(*evaluator, "exit", 0).error().message,
            "ended with exit code 3");
  EXPECT_THAT(clock_.warnings(), IsEmpty());
}

// It counts, and the next trial loses none of its tries.
TEST_F(ProcessEvaluatorTest, AResultCountsThoughItsProcessIsGone) {
  ProcessOptions options = Options();
  options.max_retries = 0;
  auto evaluator = Make(std::move(options));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Evaluate(*evaluator, "exits_after_result", i).has_value());
  }
}

TEST_F(ProcessEvaluatorTest, WhatDoesNotStopIsKilled) {
  auto evaluator = Make(Options());
  const auto measured = Evaluate(*evaluator, "silence", 0, /*cancel=*/true);
  EXPECT_EQ(measured.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(measured.error().message,
            "did not stop within 10 seconds and was killed");
  EXPECT_EQ(Evaluate(*evaluator, "none", 8).value().objective, 80);
}

// A process that ends because it was told to is not tried again.
TEST_F(ProcessEvaluatorTest, ACancelledTrialIsNotTriedAgain) {
  auto evaluator = Make(Options());
  EXPECT_FALSE(Evaluate(*evaluator, "exit", 0, /*cancel=*/true).has_value());
  EXPECT_THAT(clock_.warnings(), IsEmpty());
}

// Of another version of the protocol, and what else can be wrong with it
// before the first trial.
TEST_F(ProcessEvaluatorTest, AWrongIntroductionIsRefused) {
  struct Case {
    const char* mode;
    ErrorCode code;
    const char* problem;
  };
  for (const auto& [mode, code, problem] :
       {Case{"other_major",
             ErrorCode::kFailedPrecondition,
             "speaks version 2.0 of the protocol, this program speaks 1."},
        Case{"nameless", ErrorCode::kDataLoss, "does not say its name"},
        Case{"descending_fidelities", ErrorCode::kInvalidArgument, "fidelit"},
        Case{"no_choices", ErrorCode::kInvalidArgument, "its space: "},
        Case{"starts_at_once",
             ErrorCode::kDataLoss,
             "answered the hello with something else"}}) {
    const Error error = ErrorOfStarting(Options(mode));
    EXPECT_EQ(error.code, code) << mode << ": " << error.message;
    EXPECT_THAT(error.message, HasSubstr(problem));
    EXPECT_THAT(error.message, HasSubstr("fault_evaluator: "));
  }
}

TEST_F(ProcessEvaluatorTest, ANewerMinorVersionIsUnderstood) {
  auto evaluator = Make(Options("newer_minor"));
  ASSERT_NE(evaluator, nullptr);
  EXPECT_EQ(Evaluate(*evaluator, "none", 7).value().objective, 70);
}

TEST_F(ProcessEvaluatorTest, AProcessThatComesBackAsAnotherIsRefused) {
  auto evaluator = Make(Options("other_version_each_time"));
  EXPECT_FALSE(Evaluate(*evaluator, "exit", 0).has_value());
  EXPECT_THAT(Evaluate(*evaluator, "none", 0).error().message,
              HasSubstr("is not the one that the study began with"));
}

TEST_F(ProcessEvaluatorTest, ShortTrialsAreAskedForByTheirShare) {
  auto evaluator = Make(Options("fidelities"));
  EXPECT_THAT(evaluator->capabilities().fidelities, ElementsAre(0.25, 1));
  Context context;
  context.share = 0.25;
  EXPECT_THAT(Evaluate(*evaluator, "none", 7, context).value().metrics,
              ElementsAre(Metric{"loss", 7}, Metric{"fidelity", 0.25}));
}

// 32 MiB a trial of the 256 that are allowed.
TEST_F(ProcessEvaluatorTest, ASlowLeakEndsAProcessButNoStudy) {
  auto evaluator = Make(Options("leaks"));
  constexpr int kNumTrials = 20;
  for (int i = 0; i < kNumTrials; ++i) {
    const auto measured = Evaluate(*evaluator, "none", i);
    ASSERT_TRUE(measured.has_value()) << measured.error().message;
    EXPECT_EQ(measured->objective, 10 * i);
  }
  EXPECT_THAT(clock_.warnings(), SizeIs(AllOf(Ge(2u), Le(kNumTrials / 3u))));
  EXPECT_THAT(clock_.warnings(), Each(HasSubstr("std::bad_alloc")));
}

TEST_F(ProcessEvaluatorTest, WithoutRetriesALeakCostsOneTrialInMany) {
  ProcessOptions options = Options("leaks");
  options.max_retries = 0;
  auto evaluator = Make(std::move(options));
  int num_lost = 0;
  for (int i = 0; i < 20; ++i) {
    const auto measured = Evaluate(*evaluator, "none", i);
    if (measured) continue;
    EXPECT_THAT(measured.error().message, HasSubstr("std::bad_alloc"));
    ++num_lost;
  }
  EXPECT_THAT(num_lost, AllOf(Ge(2), Le(6)));
}

std::map<std::string, double> ByName(const Measurement& measurement) {
  std::map<std::string, double> metrics;
  for (const Metric& metric : measurement.metrics) {
    metrics[metric.name] = metric.value;
  }
  return metrics;
}

std::vector<int> AllowedCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  return cores;
}

// Each trial waits in its process until the other one is there.
TEST_F(ProcessEvaluatorTest, WorkersRunSideBySideEachInItsPlace) {
  ProcessOptions options = Options("meets");
  options.num_workers = 2;
  options.cores_per_worker = 1;
  options.devices = {"5", "7"};
  auto evaluator = Make(std::move(options));
  ASSERT_NE(evaluator, nullptr);
  Result<Measurement> results[2] = {Measurement(), Measurement()};
  std::thread other([&] { results[1] = Evaluate(*evaluator, "none", 1); });
  results[0] = Evaluate(*evaluator, "none", 0);
  other.join();
  const std::vector<int> cores = AllowedCores();
  std::vector<double> workers;
  for (const Result<Measurement>& result : results) {
    ASSERT_TRUE(result.has_value()) << result.error().message;
    const auto place = ByName(*result);
    const auto worker = static_cast<size_t>(place.at("worker"));
    workers.push_back(place.at("worker"));
    EXPECT_EQ(place.at("cores"), 1);
    EXPECT_EQ(place.at("first core"), cores[worker % cores.size()]);
    EXPECT_EQ(place.at("device"), worker == 0 ? 5 : 7);
  }
  EXPECT_THAT(workers, UnorderedElementsAre(0, 1));
}

TEST_F(ProcessEvaluatorTest, WhatCannotStartIsRefused) {
  ProcessOptions options = Options();
  options.command = {"/no/such/program"};
  EXPECT_EQ(ErrorOfStarting(options).code, ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOfStarting(options).message,
            "/no/such/program: there is no such program");
  options.command = {"rankadaptor-no-such-program"};
  EXPECT_THAT(ErrorOfStarting(options).message,
              HasSubstr("there is no such program in PATH"));
  options.command = {"sh", "-c", "echo no module named x >&2; exit 1"};
  EXPECT_EQ(ErrorOfStarting(options).message,
            "sh: ended with exit code 1; it last printed "
            "\"no module named x\"");
  options.command = {"sh", "-c", "echo hello"};
  EXPECT_EQ(ErrorOfStarting(options).message,
            "sh: sent text where a message was due: \"hello\"; it must not "
            "print to the protocol's descriptor");
}

TEST_F(ProcessEvaluatorTest, WhatIsNeverReadyIsRefused) {
  ProcessOptions options = Options();
  options.command = {"sleep", "1000"};
  options.start_timeout_seconds = 0.1;
  EXPECT_EQ(ErrorOfStarting(options).message,
            "sleep: was not ready within 0.1 seconds");
}

TEST_F(ProcessEvaluatorTest, ASpaceThatIsNotTheStudysIsRefused) {
  ProcessOptions options = Options();
  options.space = SearchSpace::Create({{"size", {1, 2}}}).value();
  const Error error = ErrorOfStarting(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message,
              HasSubstr("has another space than the one it was given"));
}

TEST_F(ProcessEvaluatorTest, ASpaceThatNoMessageHoldsIsRefused) {
  ProcessOptions options = Options();
  std::vector<double> choices(2000);
  std::iota(choices.begin(), choices.end(), 0.0);
  std::vector<Parameter> parameters;
  for (int i = 0; i < 1100; ++i) {
    parameters.push_back({"p" + std::to_string(i), choices});
  }
  options.space = SearchSpace::Create(std::move(parameters)).value();
  EXPECT_THAT(ErrorOfStarting(std::move(options)).message,
              HasSubstr("bytes; allowed: at most 16777216"));
}

// What a shell that is started in place of the program sees of the world.
std::string Seen(ProcessOptions options, const std::string& script) {
  const TemporaryFolder folder;
  const std::string file = (folder / "seen").string();
  options.command = {"sh", "-c", "(" + script + ") > " + file + "; exit 1"};
  FaultClock clock;
  EXPECT_FALSE(ProcessEvaluator::Create(options, clock).has_value());
  return ReadFile(file).value_or("");
}

TEST(ProcessSurroundings, OneWorkerHasItsCoresAndDevice) {
  ProcessOptions options;
  options.cores_per_worker = 1;
  options.devices = {"5", "7"};
  const std::string seen = Seen(std::move(options),
                                "grep Cpus_allowed_list /proc/self/status; "
                                "echo $OMP_NUM_THREADS $CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(seen, ::testing::ContainsRegex("Cpus_allowed_list:\t[0-9]+\n"));
  EXPECT_THAT(seen, HasSubstr("\n1 5\n"));
}

TEST(ProcessSurroundings, MemoryIsLimited) {
  ProcessOptions options;
  options.memory_bytes = uint64_t{100} << 20;
  EXPECT_EQ(Seen(std::move(options), "ulimit -d"), "102400\n");
}

TEST(ProcessSurroundings, ItRunsInItsFolderAndInAGroupOfItsOwn) {
  ProcessOptions options;
  options.folder = "/usr";
  std::istringstream seen(
      Seen(std::move(options), "pwd; cut -d' ' -f5 /proc/$$/stat; echo $$"));
  std::string folder;
  std::string group;
  std::string process;
  seen >> folder >> group >> process;
  EXPECT_EQ(folder, "/usr");
  EXPECT_EQ(group, process);
}

TEST(ProcessSurroundings, NothingElseIsOpen) {
  const int leak = ::dup(STDERR_FILENO);  // without close-on-exec
  const std::string seen = Seen({}, "ls /proc/$$/fd | tr '\n' ' '");
  ::close(leak);
  EXPECT_EQ(seen, "0 1 2 ");
}

}  // namespace
}  // namespace rankadaptor::process
