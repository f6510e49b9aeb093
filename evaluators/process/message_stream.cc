#include "evaluators/process/message_stream.h"

#include <algorithm>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/quote.h"

namespace rankadaptor::process::internal {
namespace {

constexpr size_t kLengthBytes = 4;

uint32_t LengthIn(std::string_view bytes) {
  uint32_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return length;
}

bool IsText(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
  });
}

}  // namespace

std::string MessageWriter::FrameBytes(
    const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  RA_CHECK(size <= kMaxMessageBytes) << size << " bytes";
  std::string bytes;
  bytes.reserve(kLengthBytes + size);
  for (size_t i = 0; i < kLengthBytes; ++i) {
    bytes.push_back(static_cast<char>(size >> (8 * i) & 0xff));
  }
  message.AppendToString(&bytes);
  return bytes;
}

Result<std::optional<std::string>> MessageReader::NextBytes() {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  if (rest.size() < kLengthBytes) return std::optional<std::string>();
  const uint32_t length = LengthIn(rest);
  if (length > kMaxMessageBytes) {
    // Text that was printed looks like a very large length.
    if (IsText(rest.substr(0, kLengthBytes))) {
      return DataLoss("sent text where a message was due: " +
                      Quote(rest.substr(0, rest.find('\n'))) +
                      "; it must not print to the protocol's descriptor");
    }
    return DataLoss("announced a message of " + std::to_string(length) +
                    " bytes; allowed: at most " +
                    std::to_string(kMaxMessageBytes));
  }
  if (rest.size() < kLengthBytes + length) return std::optional<std::string>();
  begin_ += kLengthBytes + length;
  return std::optional(std::string(rest.substr(kLengthBytes, length)));
}

Status MessageReader::CheckSequence(uint64_t sequence) {
  if (sequence == ++sequence_) return {};
  return DataLoss("sent message number " + std::to_string(sequence) +
                  " where " + std::to_string(sequence_) + " was due");
}

tl::unexpected<Error> MessageReader::NoMessage(std::string_view bytes) {
  return DataLoss(
      "sent " + std::to_string(bytes.size()) +
      " bytes that are no message of the protocol: " + Quote(bytes));
}

}  // namespace rankadaptor::process::internal
