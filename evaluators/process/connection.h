// The engine's end of the protocol: sends to a child and receives from it,
// collects what it prints and says how it ended.
//
// One thread at a time.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_CONNECTION_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_CONNECTION_H_

#include <optional>
#include <string>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/evaluator/v1/protocol.pb.h"

#include "evaluators/process/child_process.h"
#include "evaluators/process/message_stream.h"
#include "evaluators/process/printed_lines.h"

namespace rankadaptor::process::internal {

class Connection {
 public:
  // `name` is what the log calls the child. `clock` is borrowed.
  Connection(ChildProcess child,
             std::string name,
             double exit_timeout_seconds,
             const Clock& clock);

  // Where lines that the child prints go; borrowed.
  void LogTo(LogSink& log) { log_ = &log; }

  // Waits until the child takes the message, at most until it would have been
  // silent for too long. kInvalidArgument if the message is too large; else
  // errors as Receive().
  Status Send(evaluator::v1::ToEvaluator message, double timeout_seconds);

  // The next message, or nothing if none came within a short while: time to
  // look at clocks and flags. An error says what the child did wrong or how it
  // ended, and its last line; it is good for nothing after it:
  //  - kUnavailable: it ended, or closed its output;
  //  - kDataLoss: it does not keep to the protocol.
  Result<std::optional<evaluator::v1::FromEvaluator>> Receive();

  // The same sentence and code with the child's last line, if there is one.
  tl::unexpected<Error> WithLastLine(tl::unexpected<Error> error);

  // The child has not ended and may still send.
  bool Alive();

  void Kill() { child_.Kill(); }
  // Lets it end by itself for a moment: the end of its input says so.
  void Close(double timeout_seconds);

 private:
  void ReadPrinted();
  void ReadOutput();
  void WaitForEvents();
  Result<std::optional<evaluator::v1::FromEvaluator>> Next();
  tl::unexpected<Error> Gone();
  tl::unexpected<Error> Ended();

  ChildProcess child_;
  const double exit_timeout_seconds_;
  const Clock& clock_;
  LogSink* log_;
  MessageWriter writer_;
  MessageReader reader_;
  PrintedLines printed_;
  bool output_ended_ = false;
  bool printed_ended_ = false;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_CONNECTION_H_
