// What the tables of all stores have in common: the columns of a trial and the
// form of the values in them.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STORE_TRIAL_ROW_H_
#define RANKADAPTOR_RUNNERS_STORE_TRIAL_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::runners {

// What is known of a trial before it has a result; asked and finished ones have
// the same columns.
inline constexpr char kPlanColumns[] =
    "id, purpose, label, choices, seed, split, predicted, fidelity, deviation, "
    "expected_improvement";
inline constexpr int kNumPlanColumns = 10;
inline constexpr char kResultColumns[] =
    "state, objective, reason, duration_seconds";

// kInvalidArgument if a number of the trial is NaN, which nobody may store.
Status CheckNumbers(const Trial& trial);

// "[0,5,3]".
std::string FormatChoices(const Configuration& configuration);
std::optional<Configuration> ParseChoices(const std::string& text);

// The enumerator with this number, if it is from `first` to `last`.
template <typename E>
std::optional<E> EnumFrom(int64_t number, E first, E last) {
  if (number < static_cast<int64_t>(first)) return std::nullopt;
  if (number > static_cast<int64_t>(last)) return std::nullopt;
  return static_cast<E>(number);
}

// The trial in a row that begins with kPlanColumns. `Row` gives the value of a
// column by Int(), Text(), Double() and OptionalDouble(). kDataLoss names the
// trial and the value that no study can hold.
template <typename Row>
Result<Trial> PlanInRow(const Row& row) {
  Trial trial;
  trial.id = row.Int(0);
  const std::string name = "trial " + std::to_string(trial.id) + ": ";
  auto purpose =
      EnumFrom(row.Int(1), TrialPurpose::kInitial, TrialPurpose::kBaseline);
  auto split = EnumFrom(row.Int(5), ItemSplit::kSearch, ItemSplit::kConfirm);
  auto configuration = ParseChoices(row.Text(3));
  if (!purpose) return DataLoss(name + "unknown purpose");
  if (!split) return DataLoss(name + "unknown split");
  if (!configuration) {
    return DataLoss(name + "choices are not a list of indices");
  }
  trial.purpose = *purpose;
  trial.label = row.Text(2);
  trial.configuration = std::move(*configuration);
  trial.seed = static_cast<uint64_t>(row.Int(4));
  trial.split = *split;
  trial.predicted = row.OptionalDouble(6);
  trial.fidelity = row.Double(7);
  trial.deviation = row.OptionalDouble(8);
  trial.expected_improvement = row.OptionalDouble(9);
  if (!(trial.fidelity > 0 && trial.fidelity <= 1)) {
    return DataLoss(name + "the fidelity is not in (0, 1]");
  }
  return trial;
}

// The same for a row that goes on with kResultColumns; without metrics.
template <typename Row>
Result<Trial> TrialInRow(const Row& row) {
  RA_ASSIGN_OR_RETURN(Trial trial, PlanInRow(row));
  auto state = EnumFrom(
      row.Int(kNumPlanColumns), TrialState::kComplete, TrialState::kCancelled);
  if (!state) {
    return DataLoss("trial " + std::to_string(trial.id) + ": unknown state");
  }
  trial.state = *state;
  trial.measurement.objective = row.Double(kNumPlanColumns + 1);
  trial.reason = row.Text(kNumPlanColumns + 2);
  trial.duration_seconds = row.Double(kNumPlanColumns + 3);
  return trial;
}

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_TRIAL_ROW_H_
