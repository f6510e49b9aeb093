#include "surrogate/structured/level_kernels.h"

#include <gmock/gmock.h>

namespace rankadaptor::surrogate {
namespace {

class LevelKernelsOf : public ::testing::TestWithParam<Dimension> {};

TEST_P(LevelKernelsOf, AreCentredAndHaveRoots) {
  const LevelKernels kernels = MakeLevelKernels(GetParam());
  for (const auto& [kernel, root] :
       {std::pair(kernels.main, kernels.main_root),
        std::pair(kernels.category, kernels.category_root),
        std::pair(kernels.pair, kernels.pair_root)}) {
    EXPECT_LT(kernel.rowwise().sum().cwiseAbs().maxCoeff(), 1e-6);
    EXPECT_LT((root * root.transpose() - kernel).cwiseAbs().maxCoeff(), 1e-9);
  }
  EXPECT_NEAR(kernels.main.diagonal().mean(), 1, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(All,
                         LevelKernelsOf,
                         ::testing::Values(Dimension{2, true},
                                           Dimension{3, true},
                                           Dimension{6, true},
                                           Dimension{40, true},
                                           Dimension{2, false},
                                           Dimension{7, false}));

TEST(LevelKernels, OrdinalNeighboursAreAlikeAndCategoriesAreNot) {
  const LevelKernels ordinal = MakeLevelKernels({.num_levels = 6});
  EXPECT_GT(ordinal.main(0, 1), ordinal.main(0, 3));
  EXPECT_GT(ordinal.main(0, 3), ordinal.main(0, 5));
  const LevelKernels categories =
      MakeLevelKernels({.num_levels = 6, .ordinal = false});
  EXPECT_NEAR(categories.main(0, 1), categories.main(0, 5), 1e-9);
  EXPECT_EQ(categories.category(0, 0), 0);
}

}  // namespace
}  // namespace rankadaptor::surrogate
