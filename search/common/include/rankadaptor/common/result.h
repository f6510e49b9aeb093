// How everything in RankAdaptor reports an expected failure: Result<T>, which
// holds a value or an Error, and Status, which holds nothing or an Error. An
// Error has a code, chosen by what the caller does next, and one sentence that
// says which field or file, which value and what was allowed. Our own bugs are
// RA_CHECK's (check.h); a failed trial is a Trial, not an Error.
//
//   Result<Config> LoadConfig(const std::filesystem::path& file) {
//     RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
//     if (text.empty()) return InvalidArgument(file.string() + ": is empty");
//     ...
//   }
//
// Thread-safety: values, as safe as what they hold.
#ifndef RANKADAPTOR_COMMON_RESULT_H_
#define RANKADAPTOR_COMMON_RESULT_H_

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace rankadaptor {

enum class ErrorCode {
  kInvalidArgument,     // the caller's input is wrong: change it (exit code 2)
  kNotFound,            // a named thing is missing: name another (exit code 2)
  kAlreadyExists,       // would overwrite: choose another name (exit code 2)
  kFailedPrecondition,  // not in this state or build: do something else first
  kDataLoss,            // a file is damaged or of a foreign kind (exit code 2)
  kResourceExhausted,   // memory, disk: may succeed later or elsewhere
  kUnavailable,         // the device or service is not there
  kCancelled,           // somebody asked to stop
  kInternal,            // a library failed in a way we did not foresee
};

// The code's name without the k, e.g. "InvalidArgument".
const char* ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// `return InvalidArgument("...")` from any function that returns a Result.
tl::unexpected<Error> InvalidArgument(std::string message);
tl::unexpected<Error> NotFound(std::string message);
tl::unexpected<Error> AlreadyExists(std::string message);
tl::unexpected<Error> FailedPrecondition(std::string message);
tl::unexpected<Error> DataLoss(std::string message);
tl::unexpected<Error> ResourceExhausted(std::string message);
tl::unexpected<Error> Unavailable(std::string message);
tl::unexpected<Error> Cancelled(std::string message);
tl::unexpected<Error> Internal(std::string message);

// The same error with "<context>: " in front of its sentence.
tl::unexpected<Error> InContext(std::string_view context, Error error);

}  // namespace rankadaptor

#define RA_INTERNAL_CONCAT_(a, b) a##b
#define RA_INTERNAL_CONCAT(a, b) RA_INTERNAL_CONCAT_(a, b)

// Returns from the calling function if `expression` holds an Error.
#define RA_RETURN_IF_ERROR(expression)                           \
  do {                                                           \
    if (auto ra_status = (expression); !ra_status.has_value()) { \
      return tl::make_unexpected(std::move(ra_status).error());  \
    }                                                            \
  } while (false)

// Declares or assigns `target` from a Result, or returns its Error.
#define RA_ASSIGN_OR_RETURN(target, expression) \
  RA_INTERNAL_ASSIGN_OR_RETURN(                 \
      RA_INTERNAL_CONCAT(ra_result_, __LINE__), target, expression)
#define RA_INTERNAL_ASSIGN_OR_RETURN(result, target, expression) \
  auto result = (expression);                                    \
  if (!result.has_value()) {                                     \
    return tl::make_unexpected(std::move(result).error());       \
  }                                                              \
  target = std::move(*result)

#endif  // RANKADAPTOR_COMMON_RESULT_H_
