// The models without LibTorch.
#include "tests/contract/performance_model_contract.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor::surrogate {
namespace {

std::unique_ptr<PerformanceModel> MakeKernelModel(int num_features) {
  return std::make_unique<rankadaptor::testing::KernelModel>(num_features);
}

// The stand-in of the engine's own tests is held to the same contract.
INSTANTIATE_TEST_SUITE_P(Kernel,
                         PerformanceModelContract,
                         ::testing::Values(&MakeKernelModel));

}  // namespace
}  // namespace rankadaptor::surrogate
