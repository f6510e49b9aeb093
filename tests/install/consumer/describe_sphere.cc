// Needs the evaluator SDK only.
#include <cstdio>

#include "sphere.h"

#if __has_include(<ATen/ATen.h>) || __has_include(<torch/torch.h>)
#error "LibTorch is on the include path"
#endif

int main() {
  const auto space = rankadaptor::SearchSpace::Create({{"x", {-1, 0, 1}}});
  if (!space) return 1;
  const Sphere sphere(*space);
  std::printf("%s %s\n",
              sphere.capabilities().name.c_str(),
              sphere.capabilities().version.c_str());
  return 0;
}
