// Shows a running training and keeps its log.
#ifndef RANKADAPTOR_RUNNERS_REPORT_TRAINING_DISPLAY_H_
#define RANKADAPTOR_RUNNERS_REPORT_TRAINING_DISPLAY_H_

#include <cstdint>
#include <string>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/clock.h"
#include "rankadaptor/llama/training.h"

#include "runners/terminal/terminal.h"

namespace rankadaptor::runners {

// A step as a JSON object on a line.
std::string TrainingLogLine(const llama::TrainingStep& step);

// One thread at a time.
class TrainingDisplay {
 public:
  // `terminal` and `clock` are borrowed.
  TrainingDisplay(Terminal& terminal,
                  int64_t num_steps,
                  const Clock& clock = SystemClock());

  // Hooks that end in this object, which must outlive the training.
  llama::TrainingHooks Hooks(const CancellationFlag& cancellation);

  // Shows a step: on a terminal all of them, else twenty of the training.
  void Observe(const llama::TrainingStep& step);

  // One JSON object per step.
  const std::string& LogLines() const { return log_; }

  // "2,000 steps in 3m12s, last loss 1.2345, 12,345 tokens/s".
  std::string Summary() const;

 private:
  double TokensPerSecond() const;

  Terminal& terminal_;
  const int64_t num_steps_;
  const Clock& clock_;
  const double start_;
  llama::TrainingStep last_;
  int64_t num_tokens_ = 0;
  int64_t num_done_ = 0;
  std::string log_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_TRAINING_DISPLAY_H_
