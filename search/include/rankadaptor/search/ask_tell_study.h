// An AskTellStudy is a search whose trials somebody else evaluates: it hands
// out configurations and is told their scores, one or many at a time, in any
// order. Use it where the program that measures owns the loop; where the engine
// shall own it, with phases, convergence and confirmation, use a Study.
//
//   MemoryStore store;
//   RA_ASSIGN_OR_RETURN(auto strategy, MakeStrategy("random", space, {}));
//   RA_ASSIGN_OR_RETURN(auto study,
//                       AskTellStudy::Create(space,
//                                            {.store = &store,
//                                             .strategy =
//                                             std::move(strategy)}));
//   RA_ASSIGN_OR_RETURN(std::vector<AskedTrial> trials, study->Ask(1));
//   RA_RETURN_IF_ERROR(study->Tell(trials[0].id, Measure(trials[0])));
//
// Every trial is in the store before it is handed out, and every result before
// Tell() returns. A study that was killed at any point and is created again on
// its store, with the same strategy, seed and sources, goes on as if nothing
// had happened: what was asked and not told is handed out again first.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_ASK_TELL_STUDY_H_
#define RANKADAPTOR_SEARCH_ASK_TELL_STUDY_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/parameter_importance.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/store.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

enum class Direction { kMaximize, kMinimize };

struct AskTellOptions {
  Store* store = nullptr;              // borrowed, required
  std::unique_ptr<Strategy> strategy;  // required
  Direction direction = Direction::kMaximize;

  // Past studies of the space or of related ones, their scores in the direction
  // of this one.
  std::vector<SourceStudy> sources;
};

struct AskedTrial {
  int64_t id = -1;  // 0, 1, ... within the study
  Configuration configuration;
  // The share of a full evaluation to spend; 1 unless the strategy screens.
  double fidelity = 1;
};

// What is known to be good. Scores are in the user's direction.
struct BestTrials {
  struct Observed {
    int64_t id = -1;
    Configuration configuration;
    double score = 0;
  };
  struct Recommended {
    std::optional<int64_t> id;  // of the first trial of it, if there is one
    Configuration configuration;
    std::optional<double> predicted;  // if the strategy has a model
  };
  std::optional<Observed> observed;        // the first of equal ones
  std::optional<Recommended> recommended;  // what the strategy believes best
};

class AskTellStudy {
 public:
  // kInvalidArgument if a part is missing or a source is neither of the space
  // nor of one that is like it;
  // kFailedPrecondition if the store holds trials that are not of the space.
  // Also fails as the store and the strategy do.
  static Result<std::unique_ptr<AskTellStudy>> Create(SearchSpace space,
                                                      AskTellOptions options);

  // At most `count` trials to evaluate, on disk. Those of a continued study
  // that were asked for and have no result come first and by themselves, so
  // that what follows is decided with their results, as it would have been.
  // Fewer, even none, if no unseen configuration is left. kInvalidArgument if
  // `count` is not positive.
  Result<std::vector<AskedTrial>> Ask(int count);

  // Puts a configuration before what the strategy suggests; returns its id. It
  // may have been tried before. kInvalidArgument if it is not of the space.
  Result<int64_t> Enqueue(const Configuration& configuration);

  // The result of a trial, on disk when it returns. Errors change nothing:
  // kInvalidArgument if the score is not finite (a trial without a score is
  // told as failed), kNotFound if no trial with the id was asked,
  // kAlreadyExists if it was told already. `fidelity` is what was spent, if it
  // is not what was asked for: one of fidelities(), else kInvalidArgument.
  Status Tell(int64_t id,
              double score,
              std::optional<double> fidelity = std::nullopt);
  Status TellFailed(int64_t id, std::string reason);

  // What was told, in that order, the objectives in the user's direction.
  std::vector<Trial> Told() const;

  // Nothing is known before a full trial completed.
  Result<BestTrials> Best();

  // Which parameters matter, as far as the strategy's model knows.
  Result<std::vector<ParameterImportance>> Importance();

  const SearchSpace& space() const { return space_; }
  // Those of the strategy.
  std::vector<double> fidelities() const { return strategy_->fidelities(); }

 private:
  AskTellStudy(SearchSpace space, AskTellOptions options);

  Status Replay();
  Status CheckOpen(int64_t id) const;
  Status Finish(Trial trial);
  Status LearnFromTold();
  Status PlanTrials(int count);
  double Signed(double score) const;
  // From the strategy's units to those of the scores.
  std::optional<double> Unscaled(std::optional<double> value) const;

  SearchSpace space_;
  Store* store_;
  std::unique_ptr<Strategy> strategy_;
  Direction direction_;

  std::map<int64_t, Trial> open_;    // asked, not told
  std::deque<int64_t> to_hand_out_;  // of them, the first come first
  std::vector<int64_t> to_mark_;     // of them, that the strategy does not know
  std::vector<Suggestion> planned_;  // suggested, not yet stored
  std::vector<Trial> told_;          // in the order told
  std::map<int64_t, size_t> places_;  // of trials in told_, by id
  size_t num_learned_ = 0;            // of told_, that the strategy knows
  int64_t next_id_ = 0;
  // Binary exponent by which scores are divided before the strategy sees them.
  std::optional<int> scale_exponent_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_ASK_TELL_STUDY_H_
