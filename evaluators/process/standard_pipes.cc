#include <fcntl.h>
#include <unistd.h>

#include "rankadaptor/process/serve_evaluator.h"

namespace rankadaptor::process {

// Numbers from 3 on, closed in what this process starts.
ProtocolPipes TakeStandardPipes() {
  const ProtocolPipes pipes{
      .input = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3),
      .output = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::close(nothing);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return pipes;
}

}  // namespace rankadaptor::process
