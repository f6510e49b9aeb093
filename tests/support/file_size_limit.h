// Files of this process, and of those that it starts, cannot grow beyond a
// size: as on a full disk.
#ifndef RANKADAPTOR_TESTS_SUPPORT_FILE_SIZE_LIMIT_H_
#define RANKADAPTOR_TESTS_SUPPORT_FILE_SIZE_LIMIT_H_

#include <signal.h>

#include <sys/resource.h>

namespace rankadaptor::testing {

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    // Else the signal would end the process.
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_;
  sighandler_t handler_;
};

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_FILE_SIZE_LIMIT_H_
