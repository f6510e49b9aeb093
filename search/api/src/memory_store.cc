#include <algorithm>

#include "rankadaptor/search/store.h"

namespace rankadaptor {

Result<std::vector<Trial>> MemoryStore::LoadTrials() {
  auto sorted = trials_;
  std::ranges::sort(sorted, {}, &Trial::id);
  return sorted;
}

Status MemoryStore::AppendTrial(const Trial& trial) {
  if (std::ranges::any_of(trials_,
                          [&](const Trial& t) { return t.id == trial.id; })) {
    return AlreadyExists("trial " + std::to_string(trial.id) +
                         " is stored already");
  }
  trials_.push_back(trial);
  return {};
}

}  // namespace rankadaptor
