// The example of README.md, as the test calls it.
#ifndef RANKADAPTOR_TESTS_EMBEDDING_BIT_WIDTHS_H_
#define RANKADAPTOR_TESTS_EMBEDDING_BIT_WIDTHS_H_

#include "rankadaptor/search/study_summary.h"

// Searches one bit width per layer, of eight layers with four bits on average.
rankadaptor::Result<rankadaptor::StudySummary> SearchBitWidths();

#endif  // RANKADAPTOR_TESTS_EMBEDDING_BIT_WIDTHS_H_
