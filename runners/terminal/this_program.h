// The program that runs, to be started once more or to find what lies beside
// it.
#ifndef RANKADAPTOR_RUNNERS_TERMINAL_THIS_PROGRAM_H_
#define RANKADAPTOR_RUNNERS_TERMINAL_THIS_PROGRAM_H_

#include <filesystem>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// Its file. kInternal where /proc does not say.
Result<std::filesystem::path> ThisProgram();

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_TERMINAL_THIS_PROGRAM_H_
