// How the program ends.
#ifndef RANKADAPTOR_RUNNERS_TERMINAL_EXIT_CODE_H_
#define RANKADAPTOR_RUNNERS_TERMINAL_EXIT_CODE_H_

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadInput = 2;
inline constexpr int kExitInterrupted = 130;

// 130 if somebody asked to stop, 1 if the machine or a library failed, 2 for
// everything that a user can put right.
int ExitCodeOf(ErrorCode code);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_TERMINAL_EXIT_CODE_H_
