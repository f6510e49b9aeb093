// What strategies with a model of rows have in common: a start design, then a
// model that is fitted at fixed numbers of completed trials and told of each
// trial in between, and a choice by that model. Where there is no model yet, or
// it has no choice left, a random configuration is suggested.
//
// Where evaluations may be short, new configurations are screened at the lowest
// fidelity, and what the model believes best is measured at the next higher one
// until it was measured in full; but no more is spent on that than on
// screenings.
//
// A suggestion depends on the seed, the sources, the told trials in their order
// and the pending suggestions. Fits do not depend on each other, so that a
// resumed study needs the last one only.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_MODEL_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_MODEL_STRATEGY_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/surrogate/structured_model.h"

#include "search/sampler.h"
#include "search/strategies/free_space.h"
#include "search/strategies/row_chooser.h"
#include "search/strategies/trial_history.h"

namespace rankadaptor::internal {

class ModelStrategy : public Strategy {
 public:
  // Parts refer to each other.
  ModelStrategy(const ModelStrategy&) = delete;
  ModelStrategy& operator=(const ModelStrategy&) = delete;

  Status Observe(std::span<const Trial> trials) final;
  std::vector<double> fidelities() const final { return fidelities_; }
  Result<std::vector<Suggestion>> Suggest(int count) final;
  void MarkPending(std::span<const Suggestion> pending) final;
  // Ranked by predicted mean less one standard deviation; before there is a
  // model, the best observed.
  Result<std::vector<Suggestion>> Recommend(int count) final;
  Result<std::vector<double>> PredictMeans(
      std::span<const Configuration> configurations) final;

 protected:
  // `fidelities` as in Strategy. `refit_part`: the model is fitted after every
  // trial at first, then when their number has grown by one part in so many.
  // `name` tells the random streams of strategies apart.
  ModelStrategy(const SearchSpace& space,
                uint64_t seed,
                std::string name,
                size_t refit_part,
                std::vector<double> fidelities = {1});

  // A row at a level of fidelity: 0 in full, 1, 2, ... shorter and shorter.
  struct LevelRow {
    Row row;
    int level = 0;
  };

  // Fits the model to rows, [num_rows, num_dimensions], their scores and their
  // levels; the space has dimensions then. Levels are 0 unless the strategy
  // has several fidelities.
  virtual void Fit(std::span<const int32_t> rows,
                   std::span<const double> scores,
                   std::span<const int> levels) = 0;
  // One more row.
  virtual void Append(const LevelRow& row, double score) = 0;

  // What to try next, the model knowing all completed trials; empty if it leads
  // to nothing new.
  virtual Row Choose(uint64_t choice_seed) = 0;

  // Different rows, the best of which are recommended; at least `count` where
  // so many are known.
  virtual std::vector<Row> Candidates(int count) = 0;

  // What a measurement at the level would be, in the model's units, its noise,
  // and from these units to those of the level's scores.
  virtual surrogate::Prediction Predict(const Row& row, int level) const = 0;
  // Their means alone; at once where that is cheaper.
  virtual std::vector<double> Means(std::span<const Row> rows) const;
  // Up to `count` tried rows whose means are, or are likely to be, the highest.
  virtual std::vector<Row> BestTried(int count) const = 0;
  virtual double NoiseDeviation(int level) const = 0;
  virtual double ToScore(double standardised, int level) const = 0;

  // Replaces the start design by rows that past studies believe good, from
  // which on a model needs fewer trials.
  void StartFromSources(std::vector<Row> starts);
  // Tries these before the start design.
  void StartBefore(std::vector<Row> starts);

  // The feasible ones of up to `count` rows with the best scores.
  std::vector<Row> BestObserved(int count) const;
  std::vector<LevelRow> PendingRows() const;

  uint64_t seed() const { return seed_; }
  const FreeSpace& space() const { return space_; }
  const TrialHistory& history() const { return history_; }
  const RowChooser& chooser() const { return chooser_; }

 private:
  bool HasModel() const;
  void UpdateModel();
  size_t LastFit() const;
  int LevelOf(double fidelity) const;
  double NextFidelity(const Row& row) const;
  bool MayPromote() const;
  std::optional<Suggestion> SuggestOne();
  std::optional<Suggestion> PromoteBest(int num_considered) const;
  std::optional<Row> NextStart() const;
  std::optional<Suggestion> SuggestRandom() const;
  Suggestion Predicted(const Row& row, double fidelity) const;
  std::optional<double> Improvement(const Row& row) const;

  uint64_t seed_;
  std::string name_;
  size_t refit_part_;
  std::vector<double> fidelities_;
  FreeSpace space_;
  Sampler sampler_;
  std::vector<Row> starts_;
  size_t min_completed_;  // for a model
  TrialHistory history_;
  RowChooser chooser_;
  size_t num_fitted_ = 0;   // completed trials to which the model was fitted
  size_t num_learned_ = 0;  // that it knows
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_MODEL_STRATEGY_H_
