// The ask/tell example, as the test calls it.
#ifndef RANKADAPTOR_TESTS_EMBEDDING_LEARNING_RATES_H_
#define RANKADAPTOR_TESTS_EMBEDDING_LEARNING_RATES_H_

#include "rankadaptor/search/ask_tell_study.h"

// Searches one learning rate for each of four layers, and an optimiser.
rankadaptor::Result<rankadaptor::BestTrials> SearchLearningRates();

#endif  // RANKADAPTOR_TESTS_EMBEDDING_LEARNING_RATES_H_
