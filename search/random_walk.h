// Random steps from one feasible configuration to another: a change of one
// parameter or, where constraints are so tight that none fits, of two at once.
// For strategies that search near good configurations, and for drawing where
// rejection does not work.
//
// A step and its reverse are equally likely, so that long walks are uniform
// over what they can reach. One thread at a time.
#ifndef RANKADAPTOR_SEARCH_RANDOM_WALK_H_
#define RANKADAPTOR_SEARCH_RANDOM_WALK_H_

#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

class RandomWalk {
 public:
  // Starts from a feasible configuration. `space` is borrowed.
  RandomWalk(const SearchSpace& space, Configuration start);

  // Moves to a random feasible neighbour; false if it found none and stays.
  bool Step(RandomStream& stream);

  const Configuration& configuration() const { return configuration_; }

 private:
  struct Change {
    int parameter = 0;
    int32_t before = 0;
  };

  Change ChangeOne(RandomStream& stream);
  void Set(int parameter, int32_t choice);
  bool KeepsConstraints();
  void Undo(const std::vector<Change>& changes);

  const SearchSpace& space_;
  Configuration configuration_;
  std::vector<double> costs_;       // kept up to date; rounding adds up
  std::vector<double> tolerances_;  // nearer to the limit it is computed anew
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_RANDOM_WALK_H_
