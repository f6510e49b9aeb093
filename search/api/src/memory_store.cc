#include <algorithm>

#include "rankadaptor/search/store.h"

namespace rankadaptor {
namespace {

tl::unexpected<Error> StoredAlready(const Trial& trial, const char* how) {
  return AlreadyExists("trial " + std::to_string(trial.id) + " is " + how +
                       " already");
}

}  // namespace

Result<std::vector<Trial>> MemoryStore::LoadTrials() {
  auto sorted = trials_;
  std::ranges::sort(sorted, {}, &Trial::id);
  return sorted;
}

Status MemoryStore::AppendTrial(const Trial& trial) {
  if (!finished_.insert(trial.id).second) return StoredAlready(trial, "stored");
  trials_.push_back(trial);
  return {};
}

Result<std::vector<int64_t>> MemoryStore::LoadAppendOrder() {
  std::vector<int64_t> ids;
  for (const Trial& trial : trials_) ids.push_back(trial.id);
  return ids;
}

Status MemoryStore::AppendAsked(std::span<const Trial> trials) {
  auto all = asked_;
  for (const Trial& trial : trials) {
    if (!all.emplace(trial.id, trial).second) {
      return StoredAlready(trial, "asked");
    }
  }
  asked_ = std::move(all);
  return {};
}

Result<std::vector<Trial>> MemoryStore::LoadAsked() {
  std::vector<Trial> asked;
  for (const auto& [id, trial] : asked_) {
    if (!finished_.contains(id)) asked.push_back(trial);
  }
  return asked;
}

}  // namespace rankadaptor
