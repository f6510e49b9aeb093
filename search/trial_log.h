// The trials of a study by id, in memory and in the store, and which ids come
// next.
//
// Ids are positions: initial trials are 0 .. n-1, every search batch takes the
// next ones, and so do the trials of the convergence phase. A study that was
// killed has holes in its last block of ids. A study that ended and goes on
// with a larger budget finds the old convergence trials where it wants its next
// batch, and goes on after them.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_TRIAL_LOG_H_
#define RANKADAPTOR_SEARCH_TRIAL_LOG_H_

#include <cstdint>
#include <map>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/store.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::internal {

// A run of ids.
struct IdBlock {
  int64_t first = 0;
  int count = 0;
};

class TrialLog {
 public:
  // `store` is borrowed.
  explicit TrialLog(Store& store) : store_(store) {}

  // Reads the store. Fails as it does.
  Status Load();

  // The trial with this id, or null. Valid while the log lives.
  const Trial* Find(int64_t id) const;

  // All trials by id.
  const std::map<int64_t, Trial>& trials() const { return trials_; }

  // Writes to the store, then remembers.
  Status Append(const Trial& trial);

  // Where a search batch of up to `count` trials goes if everything below
  // `next_id` is taken: not across convergence trials.
  IdBlock NextSearchBlock(int64_t next_id, int count) const;

  // What the trials of the block tried if all of them are there, else nothing.
  std::vector<Suggestion> StoredSuggestions(IdBlock block) const;

 private:
  Store& store_;
  std::map<int64_t, Trial> trials_;
};

// True for the purposes of the convergence phase.
bool IsConfirmation(const Trial& trial);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_TRIAL_LOG_H_
