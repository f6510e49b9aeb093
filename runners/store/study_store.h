// A Store that also knows what its study is: the seed, the config, what made
// it. There is one for files (sqlite_store.h) and one for databases that many
// machines share (postgres_store.h).
//
// One thread at a time.
#ifndef RANKADAPTOR_RUNNERS_STORE_STUDY_STORE_H_
#define RANKADAPTOR_RUNNERS_STORE_STUDY_STORE_H_

#include <cstdint>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/store.h"

namespace rankadaptor::runners {

struct StudyHeader {
  // Two studies with the same fingerprint measure the same thing: space,
  // objective, evaluator and everything else that a trial's result depends on.
  std::string fingerprint;
  uint64_t seed = 0;
  std::string evaluator;    // name and version, for messages
  std::string config;       // FormatConfig(), readable by ReadConfig()
  std::string config_file;  // absolute; its folder is where paths start
  int64_t created_unix_microseconds = 0;

  friend bool operator==(const StudyHeader&, const StudyHeader&) = default;
};

class StudyStore : public Store {
 public:
  virtual const StudyHeader& header() const = 0;

  // The study goes on with another seed and config.
  virtual Status ReplaceConfig(uint64_t seed, const std::string& config) = 0;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_STUDY_STORE_H_
