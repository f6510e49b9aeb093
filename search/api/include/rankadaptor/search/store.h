// A Store keeps a study durable. The engine writes each trial before anything
// learns from it; a study that was killed at any point is resumed from the
// store alone. Where others evaluate (ask_tell_study.h) the trials that were
// asked for are kept too, and the order in which results came. SQLite and
// PostgreSQL stores are in runners/; MemoryStore is for tests and for programs
// that do not want a file.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STORE_H_
#define RANKADAPTOR_SEARCH_STORE_H_

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

class Store {
 public:
  virtual ~Store() = default;

  // All trials, ordered by id.
  virtual Result<std::vector<Trial>> LoadTrials() = 0;

  // Durable when it returns. kAlreadyExists if the id is stored already.
  virtual Status AppendTrial(const Trial& trial) = 0;

  // The ids of all trials in the order in which they were appended.
  virtual Result<std::vector<int64_t>> LoadAppendOrder() = 0;

  // Keeps trials that were handed out and have no result yet: all or none,
  // durable when it returns. kAlreadyExists if an id was asked already.
  virtual Status AppendAsked(std::span<const Trial> trials) = 0;

  // Those that were not appended with a result since, ordered by id.
  virtual Result<std::vector<Trial>> LoadAsked() = 0;
};

// Keeps trials in memory.
class MemoryStore final : public Store {
 public:
  Result<std::vector<Trial>> LoadTrials() override;
  Status AppendTrial(const Trial& trial) override;
  Result<std::vector<int64_t>> LoadAppendOrder() override;
  Status AppendAsked(std::span<const Trial> trials) override;
  Result<std::vector<Trial>> LoadAsked() override;

 private:
  std::vector<Trial> trials_;  // as appended
  std::set<int64_t> finished_;
  std::map<int64_t, Trial> asked_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STORE_H_
