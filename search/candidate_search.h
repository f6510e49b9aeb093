// Finds the candidates that a performance model likes best: "many R_H samples
// are randomly drawn from S at each iteration" (paper, section 3.3), scored by
// all TBB threads.
//
// The candidates are drawn in chunks of fixed size, each from a stream of its
// own, and are ranked by score, then by configuration: the result does not
// depend on the number of threads. A space with few feasible configurations is
// enumerated instead of sampled.
//
// Thread-safe: immutable.
#ifndef RANKADAPTOR_SEARCH_CANDIDATE_SEARCH_H_
#define RANKADAPTOR_SEARCH_CANDIDATE_SEARCH_H_

#include <cstdint>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/surrogate/performance_model.h"

#include "search/encoder.h"
#include "search/feasible_set.h"
#include "search/sampler.h"

namespace rankadaptor::internal {

struct ScoredConfiguration {
  Configuration configuration;
  double score = 0;
};

class CandidateSearch {
 public:
  // Spaces with at most this many feasible configurations are enumerated.
  static constexpr int64_t kMaxEnumerated = 65536;

  explicit CandidateSearch(const SearchSpace& space);

  const Sampler& sampler() const { return sampler_; }
  const Encoder& encoder() const { return encoder_; }

  // The `count` best of `num_candidates` random candidates, best first, all
  // different and none of them `excluded`. Fewer only if the space has no more:
  // what the random candidates lack is filled up with others. `seed` decides
  // which candidates. Fails as the model's Predict() does.
  Result<std::vector<ScoredConfiguration>> FindBest(
      const surrogate::PerformanceModel& model,
      int num_candidates,
      int count,
      const ConfigurationSet& excluded,
      uint64_t seed) const;

  // The model's prediction for one configuration.
  Result<double> ScoreOne(const surrogate::PerformanceModel& model,
                          const Configuration& configuration) const;

 private:
  // Candidates `begin` to `end`: [end - begin, num_parameters].
  std::vector<int32_t> DrawChunk(int64_t begin,
                                 int64_t end,
                                 uint64_t seed) const;
  Result<std::vector<ScoredConfiguration>> FillUp(
      const surrogate::PerformanceModel& model,
      int count,
      const ConfigurationSet& excluded,
      uint64_t seed,
      std::vector<ScoredConfiguration> found) const;

  Sampler sampler_;
  Encoder encoder_;
  std::vector<Configuration> all_;  // empty if there are too many
};

// Highest score first; of equal ones, the lexicographically first.
void SortBestFirst(std::vector<ScoredConfiguration>& scored);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_CANDIDATE_SEARCH_H_
