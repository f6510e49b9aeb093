// Messages as bytes: four bytes of length, least significant first, then the
// message. Messages of each direction are numbered from 1.
//
// One thread at a time.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_MESSAGE_STREAM_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_MESSAGE_STREAM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/message_lite.h>

#include "rankadaptor/common/result.h"

namespace rankadaptor::process::internal {

constexpr uint32_t kMaxMessageBytes = uint32_t{16} << 20;

// The outgoing direction.
class MessageWriter {
 public:
  // Numbers the message and returns its bytes with their length. Requires that
  // it is not larger than kMaxMessageBytes.
  template <typename Message>
  std::string Frame(Message message) {
    message.set_sequence(++sequence_);
    return FrameBytes(message);
  }

  static std::string FrameBytes(const google::protobuf::MessageLite& message);

 private:
  uint64_t sequence_ = 0;
};

// The incoming direction; `sender` is its name in errors.
class MessageReader {
 public:
  void Append(std::string_view bytes) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    buffer_.append(bytes);
  }

  // The next whole message, if it has arrived. kDataLoss: what was sent is no
  // message, or too large, or has another number than its turn; nothing can be
  // read after it.
  template <typename Message>
  Result<std::optional<Message>> Next() {
    RA_ASSIGN_OR_RETURN(std::optional<std::string> bytes, NextBytes());
    if (!bytes) return std::optional<Message>();
    Message message;
    if (!message.ParseFromString(*bytes)) return NoMessage(*bytes);
    RA_RETURN_IF_ERROR(CheckSequence(message.sequence()));
    return std::optional<Message>(std::move(message));
  }

 private:
  Result<std::optional<std::string>> NextBytes();
  Status CheckSequence(uint64_t sequence);
  static tl::unexpected<Error> NoMessage(std::string_view bytes);

  std::string buffer_;
  size_t begin_ = 0;  // of what was not returned yet
  uint64_t sequence_ = 0;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_MESSAGE_STREAM_H_
