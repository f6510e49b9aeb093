#include "runners/report/training_display.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

constexpr int64_t kLinesPerTraining = 20;

int64_t StepsPerLine(int64_t num_steps) {
  return (num_steps + kLinesPerTraining - 1) / kLinesPerTraining;
}

}  // namespace

std::string TrainingLogLine(const llama::TrainingStep& step) {
  nlohmann::ordered_json json = {{"step", step.step},
                                 {"loss", step.loss},
                                 {"grad_norm", step.grad_norm},
                                 {"learning_rate", step.learning_rate},
                                 {"num_tokens", step.num_tokens},
                                 {"num_targets", step.num_targets}};
  return json.dump() + "\n";
}
TrainingDisplay::TrainingDisplay(Terminal& terminal,
                                 int64_t num_steps,
                                 const Clock& clock)
    : terminal_(terminal),
      num_steps_(num_steps),
      clock_(clock),
      start_(clock.MonotonicSeconds()) {}

llama::TrainingHooks TrainingDisplay::Hooks(
    const CancellationFlag& cancellation) {
  return {
      .observer = [this](const llama::TrainingStep& step) { Observe(step); },
      .cancellation = &cancellation};
}

void TrainingDisplay::Observe(const llama::TrainingStep& step) {
  last_ = step;
  num_tokens_ += step.num_tokens;
  num_done_ = step.step + 1;
  log_ += TrainingLogLine(step);
  const double elapsed = clock_.MonotonicSeconds() - start_;
  const double left = elapsed / static_cast<double>(num_done_) *
                      static_cast<double>(num_steps_ - num_done_);
  const std::string text =
      "step " + FormatCount(num_done_) + "/" + FormatCount(num_steps_) +
      ": loss " + FormatScore(step.loss) + ", " +
      FormatCount(static_cast<int64_t>(TokensPerSecond())) + " tokens/s, " +
      FormatDuration(left) + " left";
  if (terminal_.is_terminal()) {
    terminal_.Transient(text);
  } else if (num_done_ % StepsPerLine(num_steps_) == 0) {
    terminal_.Line(text);
  }
}

std::string TrainingDisplay::Summary() const {
  const double elapsed = clock_.MonotonicSeconds() - start_;
  return FormatCount(num_done_) + " steps in " + FormatDuration(elapsed) +
         ", last loss " + FormatScore(last_.loss) + ", " +
         FormatCount(static_cast<int64_t>(TokensPerSecond())) + " tokens/s";
}

double TrainingDisplay::TokensPerSecond() const {
  const double elapsed = clock_.MonotonicSeconds() - start_;
  return elapsed > 0 ? static_cast<double>(num_tokens_) / elapsed : 0;
}

}  // namespace rankadaptor::runners
