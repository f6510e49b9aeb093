// RA_CHECK(condition) << "context": aborts with place and context when one of
// our own invariants is broken. Never reachable from user input, plug-ins or
// files; those get a Result (result.h).
#ifndef RANKADAPTOR_COMMON_CHECK_H_
#define RANKADAPTOR_COMMON_CHECK_H_

#include <sstream>

namespace rankadaptor::internal {

// Collects the context and aborts when the full expression ends.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  CheckFailure(const CheckFailure&) = delete;
  CheckFailure& operator=(const CheckFailure&) = delete;
  [[noreturn]] ~CheckFailure();

  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

// Gives both arms of the conditional in RA_CHECK the type void.
struct Voidify {
  void operator&(std::ostream&) const {}
};

}  // namespace rankadaptor::internal

#define RA_CHECK(condition)                                \
  (condition) ? (void)0                                    \
              : ::rankadaptor::internal::Voidify() &       \
                    ::rankadaptor::internal::CheckFailure( \
                        __FILE__, __LINE__, #condition)    \
                        .stream()

#endif  // RANKADAPTOR_COMMON_CHECK_H_
