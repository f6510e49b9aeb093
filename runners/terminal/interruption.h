// SIGINT and SIGTERM as a CancellationFlag.
#ifndef RANKADAPTOR_RUNNERS_TERMINAL_INTERRUPTION_H_
#define RANKADAPTOR_RUNNERS_TERMINAL_INTERRUPTION_H_

#include "rankadaptor/common/cancellation.h"

namespace rankadaptor::runners {

// Sets the returned flag at the first SIGINT or SIGTERM; the second of a kind
// ends the process as it would have without. Call once, from main().
const CancellationFlag& CancelOnSignals();

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_TERMINAL_INTERRUPTION_H_
