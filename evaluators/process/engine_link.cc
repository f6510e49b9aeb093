#include "evaluators/process/engine_link.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace rankadaptor::process::internal {

using evaluator::v1::FromEvaluator;
using evaluator::v1::ToEvaluator;

EngineLink::EngineLink(const ProtocolPipes& pipes)
    : pipes_(pipes), reader_([this] { ReadAll(); }) {}

EngineLink::~EngineLink() {
  StopHeartbeats();
  reader_.join();
}

// An end within a message is an end: the engine was killed.
void EngineLink::ReadAll() {
  MessageReader reader;
  char bytes[16384];
  while (true) {
    const ssize_t size = ::read(pipes_.input, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    std::unique_lock lock(incoming_mutex_);
    if (size > 0) reader.Append({bytes, static_cast<size_t>(size)});
    while (size > 0 && status_) {
      auto message = reader.Next<ToEvaluator>();
      if (!message) {
        status_ = tl::make_unexpected(std::move(message).error());
      } else if (!*message) {
        break;
      } else if ((*message)->has_cancel()) {
        cancelled_ = (*message)->cancel().trial_id();
      } else {
        messages_.push_back(**std::move(message));
      }
    }
    ended_ = size <= 0 || !status_;
    lock.unlock();
    arrived_.notify_all();
    if (ended_) return;
  }
}

Result<std::optional<ToEvaluator>> EngineLink::Receive() {
  std::unique_lock lock(incoming_mutex_);
  arrived_.wait(lock, [this] { return ended_ || !messages_.empty(); });
  if (!messages_.empty()) {
    std::optional<ToEvaluator> message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }
  if (!status_) return tl::unexpected(status_.error());
  return std::optional<ToEvaluator>();
}

bool EngineLink::Cancelled(int64_t trial_id) {
  std::lock_guard lock(incoming_mutex_);
  return ended_ || cancelled_ == trial_id;
}

void EngineLink::Send(FromEvaluator message) {
  std::lock_guard lock(outgoing_mutex_);
  SendLocked(std::move(message));
}

// When the engine is gone nobody reads what cannot be written.
void EngineLink::SendLocked(FromEvaluator message) {
  const std::string bytes = writer_.Frame(std::move(message));
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t size = ::write(pipes_.output, rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;
    rest.remove_prefix(static_cast<size_t>(size));
  }
}

void EngineLink::StartHeartbeats(double seconds) {
  StopHeartbeats();
  beating_ = true;
  heart_ = std::thread([this, seconds] {
    const std::chrono::duration<double> interval(seconds);
    std::unique_lock lock(outgoing_mutex_);
    while (
        !stop_beating_.wait_for(lock, interval, [this] { return !beating_; })) {
      FromEvaluator message;
      message.mutable_heartbeat();
      SendLocked(std::move(message));
    }
  });
}

void EngineLink::StopHeartbeats() {
  {
    std::lock_guard lock(outgoing_mutex_);
    beating_ = false;
  }
  stop_beating_.notify_all();
  if (heart_.joinable()) heart_.join();
}

}  // namespace rankadaptor::process::internal
