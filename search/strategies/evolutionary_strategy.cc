#include "search/strategies/evolutionary_strategy.h"

#include <algorithm>

#include "search/blend.h"
#include "search/random_walk.h"

namespace rankadaptor::internal {
namespace {

constexpr int kPopulation = 20;
constexpr int kTournament = 3;
constexpr double kCrossover = 0.5;
// More mutations, one at a time, follow with this probability.
constexpr double kMoreMutations = 0.3;
constexpr int kMaxMutations = 100;

}  // namespace

std::optional<Configuration> EvolutionaryStrategy::Choose(
    RandomStream& stream) {
  if (population_.size() < kPopulation) return {};
  const Configuration& mother = TournamentWinner(stream);
  const Configuration& father = TournamentWinner(stream);
  RandomWalk child(space(), Blend(space(), stream, mother, father, kCrossover));
  for (int i = 0; i < kMaxMutations; ++i) {
    child.Step(stream);
    const bool more = stream.UniformReal(0, 1) < kMoreMutations;
    if (!more && !history().taken().contains(child.configuration())) {
      return child.configuration();
    }
  }
  return {};
}

void EvolutionaryStrategy::Learn(const Trial& trial) {
  if (trial.state == TrialState::kComplete) {
    population_ = history().Best(kPopulation);
  }
}

// The population is sorted: the lowest index wins.
const Configuration& EvolutionaryStrategy::TournamentWinner(
    RandomStream& stream) const {
  const auto last = static_cast<int64_t>(population_.size()) - 1;
  int64_t winner = last;
  for (int i = 0; i < kTournament; ++i) {
    winner = std::min(winner, stream.UniformInt(0, last));
  }
  return population_[static_cast<size_t>(winner)];
}

}  // namespace rankadaptor::internal
