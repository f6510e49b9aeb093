// The SQLite store owes the engine what every store does.
#include <memory>

#include "runners/store/sqlite_store.h"
#include "tests/contract/store_contract.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor {
namespace {

class SqliteHarness final : public StoreHarness {
 public:
  SqliteHarness()
      : store_(runners::SqliteStore::Create(folder_ / "study.db", {}).value()) {
  }
  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    store_ = runners::SqliteStore::Open(folder_ / "study.db").value();
  }

 private:
  testing::TemporaryFolder folder_;
  std::unique_ptr<runners::SqliteStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite,
                         StoreContract,
                         ::testing::Values(&MakeStoreHarness<SqliteHarness>));

}  // namespace
}  // namespace rankadaptor
