#include "search/strategies/local_search_strategy.h"

#include <algorithm>

#include "search/random_walk.h"

namespace rankadaptor::internal {
namespace {

constexpr int kMaxAttempts = 1000;

// All feasible configurations that differ in one parameter.
std::vector<Configuration> Neighbours(const SearchSpace& space,
                                      const Configuration& configuration) {
  std::vector<Configuration> neighbours;
  for (int parameter : space.free_parameters()) {
    const auto num_choices =
        static_cast<int32_t>(space.parameter(parameter).choices.size());
    for (int32_t choice = 0; choice < num_choices; ++choice) {
      Configuration neighbour = configuration;
      neighbour.choices[parameter] = choice;
      if (neighbour == configuration) continue;
      if (!space.KeepsConstraints(neighbour)) continue;
      neighbours.push_back(std::move(neighbour));
    }
  }
  return neighbours;
}

}  // namespace

std::optional<Configuration> LocalSearchStrategy::Choose(RandomStream& stream) {
  if (!summit_) return {};
  if (neighbours_.empty()) return ChangeTwo(stream);
  std::vector<const Configuration*> untaken;
  for (const Configuration& neighbour : neighbours_) {
    if (!history().taken().contains(neighbour)) untaken.push_back(&neighbour);
  }
  if (untaken.empty()) return {};
  return *untaken[static_cast<size_t>(
      stream.UniformInt(0, static_cast<int64_t>(untaken.size()) - 1))];
}

std::optional<Configuration> LocalSearchStrategy::ChangeTwo(
    RandomStream& stream) const {
  for (int i = 0; i < kMaxAttempts; ++i) {
    RandomWalk walk(space(), summit_->configuration);
    if (!walk.Step(stream)) continue;
    if (!history().taken().contains(walk.configuration())) {
      return walk.configuration();
    }
  }
  return {};
}

void LocalSearchStrategy::Learn(const Trial& trial) {
  const bool complete = trial.state == TrialState::kComplete;
  const double objective = trial.measurement.objective;
  if (complete && (!summit_ || objective > summit_->objective)) {
    summit_ = {trial.configuration, objective};
    neighbours_ = Neighbours(space(), trial.configuration);
    num_failures_ = 0;
  } else {
    ++num_failures_;
  }
  if (summit_ && AtPeak()) summit_.reset();
}

bool LocalSearchStrategy::AtPeak() const {
  if (neighbours_.empty()) return num_failures_ >= space().num_parameters();
  return std::ranges::all_of(neighbours_, [&](const Configuration& neighbour) {
    return history().told().contains(neighbour);
  });
}

}  // namespace rankadaptor::internal
