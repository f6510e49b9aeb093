// What every PerformanceModel owes the engine. A new model joins by one line:
//
//   INSTANTIATE_TEST_SUITE_P(Name, PerformanceModelContract,
//                            ::testing::Values(&MakeIt));
#ifndef RANKADAPTOR_TESTS_CONTRACT_PERFORMANCE_MODEL_CONTRACT_H_
#define RANKADAPTOR_TESTS_CONTRACT_PERFORMANCE_MODEL_CONTRACT_H_

#include <memory>

#include <gmock/gmock.h>

#include "rankadaptor/surrogate/performance_model.h"

namespace rankadaptor::surrogate {

// Makes a model for so many features.
using MakePerformanceModel = std::unique_ptr<PerformanceModel> (*)(int);

class PerformanceModelContract
    : public ::testing::TestWithParam<MakePerformanceModel> {};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_TESTS_CONTRACT_PERFORMANCE_MODEL_CONTRACT_H_
