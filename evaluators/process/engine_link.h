// The evaluator's end of the protocol: a thread reads what the engine sends,
// another sends heartbeats while a trial runs.
//
// Thread-safe.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_ENGINE_LINK_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_ENGINE_LINK_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "rankadaptor/common/result.h"
#include "rankadaptor/evaluator/v1/protocol.pb.h"
#include "rankadaptor/process/serve_evaluator.h"

#include "evaluators/process/message_stream.h"

namespace rankadaptor::process::internal {

class EngineLink {
 public:
  // Borrows the descriptors.
  explicit EngineLink(const ProtocolPipes& pipes);
  // Waits until the engine has closed its end.
  ~EngineLink();

  // The next message that is not a cancel; nothing at the end. kDataLoss as
  // MessageReader.
  Result<std::optional<evaluator::v1::ToEvaluator>> Receive();
  void Send(evaluator::v1::FromEvaluator message);

  // True once the engine wants this trial given up, or is gone.
  bool Cancelled(int64_t trial_id);

  // Heartbeats are sent every so many seconds from here to StopHeartbeats();
  // none is sent afterwards.
  void StartHeartbeats(double seconds);
  void StopHeartbeats();

 private:
  void ReadAll();
  void SendLocked(evaluator::v1::FromEvaluator message);

  const ProtocolPipes pipes_;

  std::mutex incoming_mutex_;  // guards the four below
  std::condition_variable arrived_;
  std::deque<evaluator::v1::ToEvaluator> messages_;
  Status status_;
  bool ended_ = false;
  std::optional<int64_t> cancelled_;  // the trial

  std::mutex outgoing_mutex_;  // guards the two below
  MessageWriter writer_;
  bool beating_ = false;
  std::condition_variable stop_beating_;

  std::thread reader_;
  std::thread heart_;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_ENGINE_LINK_H_
