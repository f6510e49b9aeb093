// What every Store owes the engine. A new store joins by a harness and one
// line:
//
//   INSTANTIATE_TEST_SUITE_P(
//       Name, StoreContract, ::testing::Values(&MakeStoreHarness<Harness>));
#ifndef RANKADAPTOR_TESTS_CONTRACT_STORE_CONTRACT_H_
#define RANKADAPTOR_TESTS_CONTRACT_STORE_CONTRACT_H_

#include <memory>

#include <gmock/gmock.h>

#include "rankadaptor/search/store.h"

namespace rankadaptor {

// Holds one empty store.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual Store& store() = 0;
  // Lets go of the store and opens it anew, as a resumed study does.
  virtual void Reopen() = 0;
};

using MakeHarness = std::unique_ptr<StoreHarness> (*)();

template <typename Harness>
std::unique_ptr<StoreHarness> MakeStoreHarness() {
  return std::make_unique<Harness>();
}

class StoreContract : public ::testing::TestWithParam<MakeHarness> {};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_TESTS_CONTRACT_STORE_CONTRACT_H_
