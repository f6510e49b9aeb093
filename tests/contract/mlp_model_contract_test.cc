#include "rankadaptor/surrogate/mlp_model.h"

#include "tests/contract/performance_model_contract.h"

namespace rankadaptor::surrogate {
namespace {

std::unique_ptr<PerformanceModel> MakeMlp(int num_features) {
  return MakeMlpModel(num_features, {}).value();
}

INSTANTIATE_TEST_SUITE_P(Mlp,
                         PerformanceModelContract,
                         ::testing::Values(&MakeMlp));

}  // namespace
}  // namespace rankadaptor::surrogate
