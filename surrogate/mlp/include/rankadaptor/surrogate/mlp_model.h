// The paper's performance model: a multi-layer perceptron with three hidden
// layers and one linear output (section 3.2), trained with LibTorch to minimise
// the squared error (Eq. 5). After each training the weights are copied into
// plain loops, so that many threads can score candidates.
#ifndef RANKADAPTOR_SURROGATE_MLP_MODEL_H_
#define RANKADAPTOR_SURROGATE_MLP_MODEL_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/surrogate/performance_model.h"

namespace rankadaptor::surrogate {

struct MlpOptions {
  // Widths of the hidden layers; the paper's setting 1 (section 4.3).
  std::vector<int> hidden_widths = {32, 32, 32};

  // Everything random derives from this.
  uint64_t seed = 0;
};

// A model for rows of `num_features` features. kInvalidArgument names a width
// or number of features that is not in [1, 4096].
Result<std::unique_ptr<PerformanceModel>> MakeMlpModel(
    int num_features, const MlpOptions& options);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_MLP_MODEL_H_
