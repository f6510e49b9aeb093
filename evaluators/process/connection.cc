#include "evaluators/process/connection.h"

#include <cerrno>
#include <poll.h>
#include <utility>

#include <sys/socket.h>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::process::internal {
namespace {

using evaluator::v1::FromEvaluator;
using evaluator::v1::ToEvaluator;

constexpr int kTickMilliseconds = 100;
constexpr size_t kMaxSequenceBytes = 11;  // a tag and a 64-bit number

// Reads what there is, at most a few pipes full, into `take`. False at the end.
template <typename Take>
bool ReadAvailable(int descriptor, const Take& take) {
  char bytes[16384];
  for (int i = 0; i < 64; ++i) {
    const ssize_t size = ::read(descriptor, bytes, sizeof bytes);
    if (size == 0) return false;
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    take(std::string_view(bytes, static_cast<size_t>(size)));
  }
  return true;
}

void Poll(std::initializer_list<pollfd> descriptors) {
  std::vector<pollfd> polled(descriptors);
  ::poll(polled.data(), polled.size(), kTickMilliseconds);
}

}  // namespace

Connection::Connection(ChildProcess child,
                       std::string name,
                       double exit_timeout_seconds,
                       const Clock& clock)
    : child_(std::move(child)),
      exit_timeout_seconds_(exit_timeout_seconds),
      clock_(clock),
      log_(&NullLogSink()),
      printed_(std::move(name)) {}

Status Connection::Send(ToEvaluator message, double timeout_seconds) {
  const size_t size_bytes = message.ByteSizeLong() + kMaxSequenceBytes;
  if (size_bytes > kMaxMessageBytes) {
    return InvalidArgument(
        "config and space take " + std::to_string(size_bytes) +
        " bytes; allowed: at most " + std::to_string(kMaxMessageBytes));
  }
  const std::string bytes = writer_.Frame(std::move(message));
  const double deadline = clock_.MonotonicSeconds() + timeout_seconds;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t size = ::send(child_.input().number(),
                                rest.data(),
                                rest.size(),
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) {
      rest.remove_prefix(static_cast<size_t>(size));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return Gone();
    } else {
      Poll({{child_.input().number(), POLLOUT, 0}});
      ReadPrinted();
      if (clock_.MonotonicSeconds() > deadline) {
        return WithLastLine(Unavailable("does not read its standard input"));
      }
    }
  }
  return {};
}

Result<std::optional<FromEvaluator>> Connection::Receive() {
  RA_ASSIGN_OR_RETURN(std::optional<FromEvaluator> message, Next());
  if (message) return message;
  if (output_ended_) return Ended();
  WaitForEvents();
  // An end that is seen here comes after all that was sent.
  const bool ended = child_.End().has_value();
  ReadPrinted();
  ReadOutput();
  output_ended_ = output_ended_ || ended;
  RA_ASSIGN_OR_RETURN(message, Next());
  if (!message && output_ended_) return Ended();
  return message;
}

Result<std::optional<FromEvaluator>> Connection::Next() {
  auto message = reader_.Next<FromEvaluator>();
  if (!message) return WithLastLine(tl::unexpected(message.error()));
  return message;
}

void Connection::WaitForEvents() {
  // Negative ones are left out: what has ended is always ready.
  Poll({{output_ended_ ? -1 : child_.output().number(), POLLIN, 0},
        {printed_ended_ ? -1 : child_.error().number(), POLLIN, 0}});
}

void Connection::ReadPrinted() {
  if (printed_ended_) return;
  printed_ended_ = !ReadAvailable(
      child_.error().number(),
      [this](std::string_view bytes) { printed_.Append(bytes, *log_); });
}

void Connection::ReadOutput() {
  if (output_ended_) return;
  output_ended_ =
      !ReadAvailable(child_.output().number(),
                     [this](std::string_view bytes) { reader_.Append(bytes); });
}

bool Connection::Alive() {
  ReadPrinted();
  ReadOutput();
  return !child_.End().has_value() && !output_ended_;
}

// It reads no more; what it wrote before may say why.
tl::unexpected<Error> Connection::Gone() {
  ReadOutput();
  if (auto message = Next(); !message) return tl::unexpected(message.error());
  return Ended();
}

// A process that crashes closes its output before it has ended.
tl::unexpected<Error> Connection::Ended() {
  const double deadline = clock_.MonotonicSeconds() + exit_timeout_seconds_;
  std::optional<std::string> end = child_.End();
  while (!end && clock_.MonotonicSeconds() < deadline) {
    ::poll(nullptr, 0, 1);
    ReadPrinted();
    end = child_.End();
  }
  ReadPrinted();
  if (end) return WithLastLine(Unavailable(*end));
  child_.Kill();
  return WithLastLine(
      Unavailable("closed its standard input or output and went on"));
}

tl::unexpected<Error> Connection::WithLastLine(tl::unexpected<Error> error) {
  ReadPrinted();
  if (printed_.last().empty()) return error;
  Error with = error.value();
  with.message += "; it last printed " + Quote(printed_.last(), 200);
  return tl::unexpected(std::move(with));
}

void Connection::Close(double timeout_seconds) {
  child_.CloseInput();
  const double deadline = clock_.MonotonicSeconds() + timeout_seconds;
  while (!child_.End() && clock_.MonotonicSeconds() < deadline) {
    if (output_ended_) {
      ::poll(nullptr, 0, 1);
    } else {
      WaitForEvents();
    }
    ReadPrinted();
    ReadOutput();
  }
  child_.Kill();
}

}  // namespace rankadaptor::process::internal
