#include "runners/terminal/exit_code.h"

namespace rankadaptor::runners {

int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kDataLoss:
    case ErrorCode::kUnavailable:
      return kExitBadInput;
    case ErrorCode::kCancelled:
      return kExitInterrupted;
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kInternal:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace rankadaptor::runners
