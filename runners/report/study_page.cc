#include "runners/report/study_page.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rankadaptor::runners {
namespace {

std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) {
      ++end;
    }
    const double rank = static_cast<double>(begin + end - 1) / 2;
    for (; begin < end; ++begin) ranks[order[begin]] = rank;
  }
  return ranks;
}

}  // namespace

bool IsSearched(const PageTrial& trial) {
  const TrialPurpose purpose = trial.trial.purpose;
  return trial.trial.state == TrialState::kComplete &&
         (purpose == TrialPurpose::kInitial ||
          purpose == TrialPurpose::kSearch);
}

std::vector<const PageTrial*> SearchTrials(const StudyPage& page) {
  std::vector<const PageTrial*> trials;
  for (const PageTrial& trial : page.trials) {
    if (IsSearched(trial)) trials.push_back(&trial);
  }
  return trials;
}

double ShownScore(const StudyPage& page, const PageTrial& trial) {
  return page.objective.Shown(trial.trial.measurement.objective);
}

bool IsBetter(const Objective& objective, double a, double b) {
  return objective.minimised ? a < b : a > b;
}

std::optional<double> RankCorrelation(const std::vector<double>& x,
                                      const std::vector<double>& y) {
  if (x.size() < 3) return std::nullopt;
  const std::vector<double> a = Ranks(x);
  const std::vector<double> b = Ranks(y);
  const double mean = static_cast<double>(x.size() - 1) / 2;
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
  }
  if (aa == 0 || bb == 0) return std::nullopt;
  return ab / std::sqrt(aa * bb);
}

}  // namespace rankadaptor::runners
