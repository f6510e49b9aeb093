// A Store keeps a study durable. The engine writes each trial before anything
// learns from it; a study that was killed at any point is resumed from the
// store alone. SQLite and PostgreSQL stores are in runners/; MemoryStore is for
// tests and for programs that do not want a file.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STORE_H_
#define RANKADAPTOR_SEARCH_STORE_H_

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
};

// Keeps trials in memory.
class MemoryStore final : public Store {
 public:
  Result<std::vector<Trial>> LoadTrials() override;
  Status AppendTrial(const Trial& trial) override;

 private:
  std::vector<Trial> trials_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STORE_H_
