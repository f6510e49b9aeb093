// How much better than the best a normal variable is expected to be.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_EXPECTED_IMPROVEMENT_H_
#define RANKADAPTOR_SEARCH_EXPECTED_IMPROVEMENT_H_

namespace rankadaptor::internal {

// E[max(0, X - best)] for a normal X (Jones, Schonlau and Welch 1998, eq. 15).
double ExpectedImprovement(double mean, double deviation, double best);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_EXPECTED_IMPROVEMENT_H_
