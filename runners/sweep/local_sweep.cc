#include "runners/sweep/local_sweep.h"

#include <chrono>
#include <string>
#include <thread>

#include "rankadaptor/common/clock.h"

#include "runners/store/sqlite_store.h"
#include "runners/sweep/child_process.h"
#include "runners/sweep/study_result.h"
#include "runners/terminal/exit_code.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr double kProgressSeconds = 1;

class LocalSweep {
 public:
  LocalSweep(const SweepPlan& plan,
             size_t num_studies,
             const SweepFiles& files,
             const std::filesystem::path& scratch,
             Terminal& terminal,
             const CancellationFlag& cancellation)
      : plan_(plan),
        num_studies_(num_studies),
        files_(files),
        scratch_(scratch),
        terminal_(terminal),
        cancellation_(cancellation) {}

  Status Run(const SweepStudy& study) {
    ++num_begun_;
    const double start = SystemClock().MonotonicSeconds();
    std::vector<std::string> arguments = {
        "sweep", plan_.file.string(), "--only", study.name};
    if (!scratch_.empty()) {
      arguments.insert(arguments.end(), {"--scratch", scratch_.string()});
    }
    RA_ASSIGN_OR_RETURN(
        ChildProcess child,
        ChildProcess::Start(arguments, files_.LogOf(study.name)));
    const int end = Wait(study, start, child);
    terminal_.Transient("");
    if (cancellation_.cancelled() || end == kExitInterrupted) {
      return Cancelled("the sweep was stopped in study " + study.name +
                       "; go on with: rankadaptor sweep " +
                       plan_.file.string());
    }
    return Tell(study, end, SystemClock().MonotonicSeconds() - start);
  }

 private:
  int Wait(const SweepStudy& study, double start, ChildProcess& child) {
    double next_progress = start;
    bool stopped = false;
    while (true) {
      if (const std::optional<int> end = child.Poll()) return *end;
      if (cancellation_.cancelled() && !stopped) {
        child.Stop();
        stopped = true;
      }
      const double now = SystemClock().MonotonicSeconds();
      if (terminal_.is_terminal() && now >= next_progress) {
        terminal_.Transient(Progress(study, now - start));
        next_progress = now + kProgressSeconds;
      }
      std::this_thread::sleep_for(kPollInterval);
    }
  }

  std::string Heading(const SweepStudy& study) const {
    return "[" + std::to_string(num_begun_) + "/" +
           std::to_string(num_studies_) + "] " + study.name;
  }

  std::string Progress(const SweepStudy& study, double seconds) const {
    std::string text = Heading(study) + "  " + FormatDuration(seconds);
    auto store = SqliteStore::OpenToRead(files_.Study(study.name).database);
    if (!store) return text;  // not made yet
    const auto order = (*store)->LoadAppendOrder();
    if (order) text += "  " + std::to_string(order->size()) + " trials";
    return text;
  }

  // A child that died without a word has failed.
  Status Tell(const SweepStudy& study, int end, double seconds) {
    const auto file = files_.ResultOf(study.name);
    if (end < 0 || end == 127) {
      v1::SearchConfig config;
      RA_RETURN_IF_ERROR(ReadStudyConfig(plan_, study, &config));
      StudyResult result{.config = ConfigKey(config), .wall_seconds = seconds};
      result.message =
          end < 0 ? "its process was ended by signal " + std::to_string(-end)
                  : "its process could not be started";
      RA_RETURN_IF_ERROR(WriteStudyResult(file, result));
    }
    RA_ASSIGN_OR_RETURN(auto result, ReadStudyResult(file));
    if (!result) {
      return Internal("study " + study.name + " ended with code " +
                      std::to_string(end) + " and no result; see " +
                      files_.LogOf(study.name).string());
    }
    terminal_.Line(Heading(study) +
                   (result->done ? ": done in " + FormatDuration(seconds)
                                 : ": failed: " + result->message));
    return {};
  }

  const SweepPlan& plan_;
  const size_t num_studies_;
  const SweepFiles& files_;
  const std::filesystem::path scratch_;
  Terminal& terminal_;
  const CancellationFlag& cancellation_;
  int num_begun_ = 0;
};

}  // namespace

Status RunLocally(const SweepPlan& plan,
                  const std::vector<int>& studies,
                  const SweepFiles& files,
                  const std::filesystem::path& scratch,
                  Terminal& terminal,
                  const CancellationFlag& cancellation) {
  LocalSweep sweep(
      plan, studies.size(), files, scratch, terminal, cancellation);
  for (int study : studies) {
    if (cancellation.cancelled()) {
      return Cancelled("the sweep was stopped; go on with: rankadaptor sweep " +
                       plan.file.string());
    }
    RA_RETURN_IF_ERROR(sweep.Run(plan.studies[study]));
  }
  return {};
}

}  // namespace rankadaptor::runners
