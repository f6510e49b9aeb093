#include "search/candidate_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <tbb/parallel_for.h>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::internal {
namespace {

// Part of the result: it says which stream a candidate is drawn from.
constexpr int64_t kChunkSize = 512;

bool Better(double score_a,
            const std::vector<int32_t>& a,
            double score_b,
            const std::vector<int32_t>& b) {
  return score_a != score_b ? score_a > score_b : a < b;
}

// The best different configurations seen so far, best first.
class Shortlist {
 public:
  Shortlist(size_t capacity, const ConfigurationSet& excluded)
      : capacity_(capacity), excluded_(excluded) {}

  // Almost every candidate ends at the first comparison.
  void Offer(std::span<const int32_t> choices, double score) {
    if (!std::isfinite(score)) return;
    if (best_.size() == capacity_ && score < best_.back().score) return;
    Configuration configuration{{choices.begin(), choices.end()}};
    auto place = std::ranges::find_if(best_, [&](const auto& entry) {
      return !Better(entry.score,
                     entry.configuration.choices,
                     score,
                     configuration.choices);
    });
    if (place != best_.end() && place->configuration == configuration) return;
    if (excluded_.get().contains(configuration)) return;
    best_.insert(place, {std::move(configuration), score});
    if (best_.size() > capacity_) best_.pop_back();
  }

  void Merge(const Shortlist& other) {
    for (const ScoredConfiguration& entry : other.best_) {
      Offer(entry.configuration.choices, entry.score);
    }
  }

  std::vector<ScoredConfiguration> Take() { return std::move(best_); }

 private:
  size_t capacity_;
  std::reference_wrapper<const ConfigurationSet> excluded_;
  std::vector<ScoredConfiguration> best_;
};

// Scores [n, num_parameters] choices into the shortlist.
Status ScoreChunk(const surrogate::PerformanceModel& model,
                  const Encoder& encoder,
                  std::span<const int32_t> choices,
                  size_t num_parameters,
                  Shortlist& shortlist) {
  const size_t n = choices.size() / num_parameters;
  const auto num_features = static_cast<size_t>(encoder.num_features());
  std::vector<double> features(n * num_features);
  std::vector<double> scores(n);
  for (size_t i = 0; i < n; ++i) {
    encoder.Encode(choices.subspan(i * num_parameters, num_parameters),
                   std::span(features).subspan(i * num_features, num_features));
  }
  RA_RETURN_IF_ERROR(model.Predict(features, scores));
  for (size_t i = 0; i < n; ++i) {
    shortlist.Offer(choices.subspan(i * num_parameters, num_parameters),
                    scores[i]);
  }
  return {};
}

// Few enough to keep: at most 64 MB of choices.
int64_t MaxEnumerated(const SearchSpace& space) {
  return std::min(CandidateSearch::kMaxEnumerated,
                  (int64_t{1} << 24) / space.num_parameters());
}

}  // namespace

void SortBestFirst(std::vector<ScoredConfiguration>& scored) {
  std::ranges::sort(scored, [](const auto& a, const auto& b) {
    return Better(
        a.score, a.configuration.choices, b.score, b.configuration.choices);
  });
}

CandidateSearch::CandidateSearch(const SearchSpace& space)
    : sampler_(space),
      encoder_(space),
      all_(EnumerateFeasible(space, MaxEnumerated(space))) {}

std::vector<int32_t> CandidateSearch::DrawChunk(int64_t begin,
                                                int64_t end,
                                                uint64_t seed) const {
  const auto num_parameters =
      static_cast<size_t>(sampler_.space().num_parameters());
  std::vector<int32_t> choices(static_cast<size_t>(end - begin) *
                               num_parameters);
  RandomStream stream(seed, "candidates", static_cast<uint64_t>(begin));
  for (int64_t i = begin; i < end; ++i) {
    auto row = std::span(choices).subspan(
        static_cast<size_t>(i - begin) * num_parameters, num_parameters);
    if (all_.empty()) {
      sampler_.Sample(stream, row);
    } else {
      std::ranges::copy(all_[static_cast<size_t>(i)].choices, row.begin());
    }
  }
  return choices;
}

Result<std::vector<ScoredConfiguration>> CandidateSearch::FindBest(
    const surrogate::PerformanceModel& model,
    int num_candidates,
    int count,
    const ConfigurationSet& excluded,
    uint64_t seed) const {
  const auto num_parameters =
      static_cast<size_t>(sampler_.space().num_parameters());
  const int64_t total =
      all_.empty() ? num_candidates : static_cast<int64_t>(all_.size());
  const int64_t num_chunks = (total + kChunkSize - 1) / kChunkSize;
  std::vector<Shortlist> shortlists(
      num_chunks, Shortlist(static_cast<size_t>(count), excluded));
  std::vector<Status> statuses(num_chunks);
  tbb::parallel_for(int64_t{0}, num_chunks, [&](int64_t chunk) {
    const int64_t begin = chunk * kChunkSize;
    const int64_t end = std::min(begin + kChunkSize, total);
    statuses[chunk] = ScoreChunk(model,
                                 encoder_,
                                 DrawChunk(begin, end, seed),
                                 num_parameters,
                                 shortlists[chunk]);
  });
  for (Status& status : statuses) RA_RETURN_IF_ERROR(std::move(status));
  Shortlist best(static_cast<size_t>(count), excluded);
  for (const Shortlist& shortlist : shortlists) best.Merge(shortlist);
  return FillUp(model, count, excluded, seed, best.Take());
}

// The order of the filled-up ones is random, not by score, so that a smaller
// count gives the first ones of a larger count.
Result<std::vector<ScoredConfiguration>> CandidateSearch::FillUp(
    const surrogate::PerformanceModel& model,
    int count,
    const ConfigurationSet& excluded,
    uint64_t seed,
    std::vector<ScoredConfiguration> found) const {
  const int missing = count - static_cast<int>(found.size());
  if (missing == 0 || !all_.empty()) return found;
  ConfigurationSet taken = excluded;
  for (const auto& entry : found) taken.insert(entry.configuration);
  RandomStream stream(seed, "fill up");
  for (Configuration& configuration :
       sampler_.SampleDistinct(stream, missing, taken)) {
    RA_ASSIGN_OR_RETURN(double score, ScoreOne(model, configuration));
    found.push_back({std::move(configuration), score});
  }
  return found;
}

Result<double> CandidateSearch::ScoreOne(
    const surrogate::PerformanceModel& model,
    const Configuration& configuration) const {
  std::vector<double> features(static_cast<size_t>(encoder_.num_features()));
  encoder_.Encode(configuration.choices, features);
  double score = 0;
  RA_RETURN_IF_ERROR(model.Predict(features, std::span(&score, 1)));
  return score;
}

}  // namespace rankadaptor::internal
