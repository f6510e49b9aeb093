// The evaluator's side of docs/protocol.md: what a C++ program calls that is
// the process behind a ProcessEvaluator.
//
//   int main() {
//     const ProtocolPipes pipes = TakeStandardPipes();
//     return ServeEvaluator(pipes, MakeMyEvaluator) ? 0 : 1;
//   }
//
// Thread-safety: functions to call once, from the main thread.
#ifndef RANKADAPTOR_PROCESS_SERVE_EVALUATOR_H_
#define RANKADAPTOR_PROCESS_SERVE_EVALUATOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::process {

// Open descriptors; whoever made them closes them.
struct ProtocolPipes {
  int input = -1;
  int output = -1;
};

// Takes standard input and output for the protocol: what reads the one from now
// on finds it empty, what prints to the other goes to standard error. Call
// first of all.
ProtocolPipes TakeStandardPipes();

// What the engine asks for.
struct EvaluatorRequest {
  std::optional<SearchSpace> space;  // none: answer with one
  std::string config;
};

struct ServedEvaluator {
  std::unique_ptr<Evaluator> evaluator;  // null: only describes itself
  EvaluatorCapabilities capabilities;
  std::optional<SearchSpace> space;  // none: any
  std::string build = {};            // which compiler made it; may be empty
  bool wants_process = true;         // it should run in a process of its own
};

using EvaluatorMaker =
    std::function<Result<ServedEvaluator>(EvaluatorRequest request)>;

// Answers until the engine says goodbye or is gone. An error is the engine's
// fault: it does not speak the protocol. What `make` refuses is told to the
// engine and is none.
Status ServeEvaluator(const ProtocolPipes& pipes, const EvaluatorMaker& make);

}  // namespace rankadaptor::process

#endif  // RANKADAPTOR_PROCESS_SERVE_EVALUATOR_H_
