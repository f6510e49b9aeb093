#include "surrogate/structured/pair_products.h"

#include <vector>

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::surrogate {
namespace {

// Dimension 0 with more partners than are summed together, for numbers of
// entries that fill vectors and that leave a rest of any size.
class PairProducts : public ::testing::TestWithParam<int> {
 protected:
  static constexpr int kNumPartners = 11;

  PairProducts() : values_((kNumPartners + 1) * num_entries()) {
    RandomStream stream(1);
    for (double& value : values_) value = stream.Normal(0, 1);
    for (int j = kNumPartners; j > 0; --j) {
      partners_.push_back(j);
      factors_.push_back(stream.UniformReal(0, 1));
    }
    for (size_t t = 0; t < num_entries(); ++t) {
      weights_.push_back(stream.Normal(0, 1));
    }
  }

  size_t num_entries() const { return static_cast<size_t>(GetParam()); }
  PairedValues pairs() const {
    return {.values = values_.data(),
            .num_entries = num_entries(),
            .dimension = 0,
            .partners = partners_};
  }
  double own(size_t t) const { return values_[t]; }
  double partner(size_t p, size_t t) const {
    return values_[partners_[p] * num_entries() + t];
  }

  std::vector<double> values_;
  std::vector<int> partners_;
  std::vector<double> factors_;
  std::vector<double> weights_;
};

INSTANTIATE_TEST_SUITE_P(Sizes,
                         PairProducts,
                         ::testing::Values(1, 2, 3, 4, 7, 16, 33, 130),
                         ::testing::PrintToStringParamName());

// The order of these sums is promised: equal to the last bit.
TEST_P(PairProducts, AddedOneByOneAreTheSumInOrder) {
  std::vector<double> sums = weights_;
  AddPairsOneByOne(pairs(), factors_.data(), sums.data());
  for (size_t t = 0; t < num_entries(); ++t) {
    double sum = weights_[t];
    for (size_t p = 0; p < partners_.size(); ++p) {
      sum += factors_[p] * own(t) * partner(p, t);
    }
    EXPECT_EQ(sums[t], sum) << "entry " << t;
  }
}

TEST_P(PairProducts, AddedTogetherAreOneProductWithTheSum) {
  std::vector<double> sums = weights_;
  AddPairsTogether(pairs(), factors_.data(), sums.data());
  for (size_t t = 0; t < num_entries(); ++t) {
    double sum = 0;
    for (size_t p = 0; p < partners_.size(); ++p) {
      sum += factors_[p] * partner(p, t);
    }
    EXPECT_EQ(sums[t], weights_[t] + own(t) * sum) << "entry " << t;
  }
}

TEST_P(PairProducts, DotsAreSumsOverAllEntries) {
  std::vector<double> dots(partners_.size(), 1);
  AddPairDots(pairs(), weights_.data(), dots.data());
  for (size_t p = 0; p < partners_.size(); ++p) {
    double dot = 1;
    for (size_t t = 0; t < num_entries(); ++t) {
      dot += own(t) * weights_[t] * partner(p, t);
    }
    // Rounding of at most 130 terms of the order of 1 in another order.
    EXPECT_NEAR(dots[p], dot, 1e-12) << "partner " << p;
  }
}

}  // namespace
}  // namespace rankadaptor::surrogate
