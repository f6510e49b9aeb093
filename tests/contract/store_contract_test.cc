// What every Store owes the engine. A new store joins by one line at the end.
#include "tests/contract/store_contract.h"

#include <gmock/gmock.h>

#include "rankadaptor/search/store.h"

namespace rankadaptor {
namespace {

class MemoryHarness final : public StoreHarness {
 public:
  Store& store() override { return store_; }
  void Reopen() override {}  // memory is all there is

 private:
  MemoryStore store_;
};

INSTANTIATE_TEST_SUITE_P(Memory,
                         StoreContract,
                         ::testing::Values(&MakeStoreHarness<MemoryHarness>));

}  // namespace
}  // namespace rankadaptor
