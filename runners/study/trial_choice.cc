#include "runners/study/trial_choice.h"

#include <charconv>
#include <cstdint>
#include <map>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::runners {
namespace {

bool IsComplete(const Trial& trial) {
  return trial.state == TrialState::kComplete;
}

// The trials of one configuration.
struct Group {
  const Trial* first = nullptr;
  double sum = 0;
  int count = 0;

  double mean() const { return sum / count; }
};

const Trial* BestFinalist(const std::vector<Trial>& trials) {
  std::map<Configuration, Group> groups;
  for (const Trial& trial : trials) {
    if (trial.purpose != TrialPurpose::kFinalist || !IsComplete(trial)) {
      continue;
    }
    Group& group = groups[trial.configuration];
    if (group.first == nullptr) group.first = &trial;
    group.sum += trial.measurement.objective;
    ++group.count;
  }
  const Group* best = nullptr;
  for (const auto& [configuration, group] : groups) {
    if (best == nullptr || group.mean() > best->mean() ||
        (group.mean() == best->mean() && group.first->id < best->first->id)) {
      best = &group;
    }
  }
  return best == nullptr ? nullptr : best->first;
}

const Trial* BestSearched(const std::vector<Trial>& trials) {
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (trial.purpose == TrialPurpose::kBaseline || !IsComplete(trial) ||
        trial.fidelity < 1) {
      continue;
    }
    if (best == nullptr ||
        trial.measurement.objective > best->measurement.objective) {
      best = &trial;
    }
  }
  return best;
}

}  // namespace

Result<Trial> ChooseTrial(const std::vector<Trial>& trials,
                          const std::string& wanted) {
  if (wanted == "best") {
    const Trial* best = BestFinalist(trials);
    if (best == nullptr) best = BestSearched(trials);
    if (best != nullptr) return *best;
    return InvalidArgument("the study has no complete trial yet");
  }
  int64_t id = -1;
  const char* end = wanted.data() + wanted.size();
  auto [parsed_to, code] = std::from_chars(wanted.data(), end, id);
  if (code != std::errc() || parsed_to != end) {
    return InvalidArgument("trial " + Quote(wanted) +
                           " is neither best nor a number");
  }
  for (const Trial& trial : trials) {
    if (trial.id != id) continue;
    if (IsComplete(trial)) return trial;
    return InvalidArgument("trial " + wanted + " is " +
                           TrialStateName(trial.state) + ": " + trial.reason);
  }
  return InvalidArgument("there is no trial " + wanted + "; the study has " +
                         std::to_string(trials.size()) + " trials");
}

}  // namespace rankadaptor::runners
