// The best known value of each function, kept in a CSV file.
//
// One thread and one process at a time.
#ifndef RANKADAPTOR_EXPERIMENTS_SEARCH_REFERENCES_H_
#define RANKADAPTOR_EXPERIMENTS_SEARCH_REFERENCES_H_

#include <map>
#include <string>

#include "experiments/search/functions.h"

namespace rankadaptor::experiments {

class References {
 public:
  // Reads `path`, a CSV file of family, layers, instance and best value.
  explicit References(std::string path);

  // A long local search finds what the file lacks and adds it.
  double Best(const Problem& problem, const Function& function);

 private:
  std::string path_;
  std::map<std::string, double> best_;  // by "family,layers,instance"
};

}  // namespace rankadaptor::experiments

#endif  // RANKADAPTOR_EXPERIMENTS_SEARCH_REFERENCES_H_
