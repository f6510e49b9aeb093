// What every Strategy owes the engine. A new strategy joins by its name in
// StrategyNames().
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include <gmock/gmock.h>

#include "rankadaptor/search/strategy_factory.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::KernelModel;
using ::rankadaptor::testing::MakeBudgetSpace;
using ::rankadaptor::testing::MakeMixedSpace;
using ::rankadaptor::testing::MakeSpace;
using ::rankadaptor::testing::MakeTableSpace;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Configuration> Configurations(
    const std::vector<Suggestion>& suggestions) {
  std::vector<Configuration> configurations;
  for (const Suggestion& s : suggestions) {
    configurations.push_back(s.configuration);
  }
  return configurations;
}

class StrategyContract : public ::testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<Strategy> Make(const SearchSpace& space) {
    StrategyOptions options{
        .seed = 3, .num_candidates = 200, .num_final_candidates = 400};
    options.make_performance_model = [](int num_features, uint64_t) {
      return Result<std::unique_ptr<surrogate::PerformanceModel>>(
          std::make_unique<KernelModel>(num_features));
    };
    return MakeStrategy(GetParam(), space, options).value();
  }

  // Asks and tells `count` trials in batches of three; checks what is owed
  // whatever the scores are.
  static std::vector<Trial> RunStudy(
      Strategy& strategy,
      const SearchSpace& space,
      int count,
      const std::function<double(const std::vector<int32_t>&)>& score) {
    std::set<Configuration> seen;
    std::vector<Trial> trials;
    while (static_cast<int>(trials.size()) < count) {
      const auto suggestions = strategy.Suggest(3).value();
      if (suggestions.empty()) break;
      std::vector<Trial> batch;
      for (const Suggestion& s : suggestions) {
        EXPECT_TRUE(space.Validate(s.configuration));
        EXPECT_TRUE(seen.insert(s.configuration).second);
        EXPECT_TRUE(std::isfinite(s.predicted.value_or(0)));
        EXPECT_GE(s.deviation.value_or(0), 0);
        batch.push_back(
            testing::MakeTrial(static_cast<int64_t>(seen.size()) - 1,
                               s.configuration.choices,
                               score(s.configuration.choices)));
      }
      EXPECT_TRUE(strategy.Observe(batch));
      trials.insert(trials.end(), batch.begin(), batch.end());
    }
    const auto recommended = strategy.Recommend(3).value();
    for (const Suggestion& s : recommended) {
      EXPECT_TRUE(space.Validate(s.configuration));
      EXPECT_TRUE(std::isfinite(s.predicted.value_or(0)));
    }
    return trials;
  }

  // Tells the suggestions as trials from `id` on. Every fifth fails, unless
  // all shall.
  static std::vector<Trial> Evaluate(const std::vector<Suggestion>& suggestions,
                                     int64_t id,
                                     bool all_fail = false) {
    std::vector<Trial> trials;
    for (const Suggestion& s : suggestions) {
      double sum = 0;
      for (int32_t choice : s.configuration.choices) sum += choice;
      Trial trial = testing::MakeTrial(id++, s.configuration.choices, sum);
      if (all_fail || trial.id % 5 == 4) trial.state = TrialState::kFailed;
      trials.push_back(std::move(trial));
    }
    return trials;
  }
};

TEST_P(StrategyContract, SuggestsOnlyFeasibleUnseenConfigurations) {
  for (const SearchSpace& space : {MakeSpace(6, 6),
                                   MakeBudgetSpace(6, 6, 7),
                                   MakeBudgetSpace(30, 6, 2),
                                   MakeMixedSpace(6, 7, 9),
                                   MakeMixedSpace(8, 12, 12),
                                   MakeTableSpace(4, 9)}) {
    auto strategy = Make(space);
    std::set<Configuration> seen;
    int64_t id = 0;
    for (int batch = 0; batch < 8; ++batch) {
      auto suggestions = strategy->Suggest(4).value();
      ASSERT_THAT(suggestions, SizeIs(4));
      for (const Suggestion& s : suggestions) {
        EXPECT_TRUE(space.Validate(s.configuration));
        EXPECT_TRUE(seen.insert(s.configuration).second);
      }
      ASSERT_TRUE(strategy->Observe(Evaluate(suggestions, id)));
      id += 4;
    }
  }
}

TEST_P(StrategyContract, DoesNotSuggestWhatItWasToldOfOthers) {
  SearchSpace space = MakeSpace(1, 4);
  auto strategy = Make(space);
  ASSERT_TRUE(strategy->Observe(std::vector<Trial>{
      testing::MakeTrial(0, {0}, 1), testing::MakeTrial(1, {2}, 1)}));
  auto suggestions = strategy->Suggest(4).value();
  EXPECT_THAT(
      Configurations(suggestions),
      ::testing::UnorderedElementsAre(Configuration{{1}}, Configuration{{3}}));
}

TEST_P(StrategyContract, SuggestsOnBeforeBeingTold) {
  auto strategy = Make(MakeSpace(4, 4));
  std::set<Configuration> seen;
  for (int i = 0; i < 10; ++i) {
    const auto suggestions = strategy->Suggest(2).value();
    for (const Suggestion& s : suggestions) {
      EXPECT_TRUE(seen.insert(s.configuration).second);
    }
  }
}

// What a killed study leaves: results, and trials that were asked for.
TEST_P(StrategyContract, MarkedConfigurationsAreAsIfSuggested) {
  SearchSpace space = MakeSpace(8, 6);
  auto strategy = Make(space);
  auto asked = strategy->Suggest(8).value();
  const auto told = Evaluate({asked.begin(), asked.begin() + 6}, 0);
  ASSERT_TRUE(strategy->Observe(std::span(told).first(4)));
  const auto more = strategy->Suggest(2).value();
  ASSERT_TRUE(strategy->Observe(std::span(told).subspan(4)));

  auto resumed = Make(space);
  ASSERT_TRUE(resumed->Observe(std::span(told).first(4)));
  ASSERT_TRUE(resumed->Observe(std::span(told).subspan(4)));
  std::vector<Suggestion> pending(asked.begin() + 6, asked.end());
  pending.insert(pending.end(), more.begin(), more.end());
  resumed->MarkPending(pending);
  EXPECT_EQ(Configurations(resumed->Suggest(3).value()),
            Configurations(strategy->Suggest(3).value()));
}

TEST_P(StrategyContract, RecommendingDoesNotChangeWhatIsSuggested) {
  SearchSpace space = MakeSpace(8, 6);
  auto strategy = Make(space);
  auto other = Make(space);
  const auto told = Evaluate(strategy->Suggest(8).value(), 0);
  ASSERT_TRUE(strategy->Observe(told));
  ASSERT_TRUE(other->Observe(told));
  ASSERT_TRUE(strategy->Recommend(3));
  EXPECT_EQ(Configurations(strategy->Suggest(3).value()),
            Configurations(other->Suggest(3).value()));
}

TEST_P(StrategyContract, GoesOnWhenEverythingFails) {
  auto strategy = Make(MakeSpace(4, 4));
  std::set<Configuration> seen;
  for (int i = 0; i < 5; ++i) {
    auto suggestions = strategy->Suggest(3).value();
    ASSERT_THAT(suggestions, SizeIs(3));
    for (const Suggestion& s : suggestions) {
      EXPECT_TRUE(seen.insert(s.configuration).second);
    }
    ASSERT_TRUE(strategy->Observe(Evaluate(suggestions, 3 * i, true)));
  }
  // Nothing is known to be good, and what failed is not recommended.
  const auto recommended = strategy->Recommend(2).value();
  for (const Suggestion& s : recommended) {
    EXPECT_FALSE(seen.contains(s.configuration));
  }
}

TEST_P(StrategyContract, ASpaceOfOneIsSuggestedOnce) {
  auto strategy = Make(MakeSpace(3, 1));
  auto suggestions = strategy->Suggest(2).value();
  ASSERT_THAT(suggestions, SizeIs(1));
  ASSERT_TRUE(strategy->Observe(Evaluate(suggestions, 0)));
  EXPECT_THAT(strategy->Suggest(2).value(), IsEmpty());
  EXPECT_THAT(Configurations(strategy->Recommend(2).value()),
              ::testing::ElementsAre(suggestions[0].configuration));
}

TEST_P(StrategyContract, AnExhaustedSpaceGivesNothingMore) {
  SearchSpace space = MakeBudgetSpace(2, 4, 3);  // 10 configurations
  auto strategy = Make(space);
  int64_t num_told = 0;
  for (int i = 0; i < 4; ++i) {
    auto suggestions = strategy->Suggest(4).value();
    ASSERT_TRUE(strategy->Observe(Evaluate(suggestions, num_told)));
    num_told += static_cast<int64_t>(suggestions.size());
  }
  EXPECT_EQ(num_told, 10);
  EXPECT_THAT(strategy->Suggest(1).value(), IsEmpty());
}

TEST_P(StrategyContract, TheSameHistoryGivesTheSameSuggestions) {
  SearchSpace space = MakeSpace(8, 6);
  auto first = Make(space);
  std::vector<std::vector<Trial>> history;
  for (int i = 0; i < 4; ++i) {
    history.push_back(Evaluate(first->Suggest(3).value(), 3 * i));
    ASSERT_TRUE(first->Observe(history.back()));
  }
  auto replayed = Make(space);  // told, never asked
  for (const auto& batch : history) ASSERT_TRUE(replayed->Observe(batch));
  auto expected = first->Suggest(5).value();
  auto suggestions = replayed->Suggest(5).value();
  ASSERT_EQ(Configurations(suggestions), Configurations(expected));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(suggestions[i].predicted, expected[i].predicted);
  }
  EXPECT_EQ(Configurations(replayed->Recommend(5).value()),
            Configurations(first->Recommend(5).value()));
}

TEST_P(StrategyContract, SmallerCountsGiveTheFirstSuggestions) {
  SearchSpace space = MakeSpace(8, 6);
  auto many = Make(space);
  auto few = Make(space);
  auto history = Evaluate(many->Suggest(5).value(), 0);
  ASSERT_TRUE(many->Observe(history));
  ASSERT_TRUE(few->Observe(history));
  auto six = Configurations(many->Suggest(6).value());
  auto two = Configurations(few->Suggest(2).value());
  six.resize(2);
  EXPECT_EQ(two, six);
}

TEST_P(StrategyContract, TakesSourcesBeforeTrials) {
  auto strategy = Make(MakeSpace(3, 4));
  SourceStudy source{"other", {{{0, 1, 2}}, {{3, 2, 1}}}, {1, 2}};
  ASSERT_TRUE(strategy->MetaLearn(std::vector<SourceStudy>{source}));
  EXPECT_THAT(strategy->Suggest(3).value(), SizeIs(3));
}

TEST_P(StrategyContract, RecommendsDifferentFeasibleConfigurations) {
  SearchSpace space = MakeBudgetSpace(6, 6, 12);
  auto strategy = Make(space);
  ASSERT_TRUE(strategy->Observe(Evaluate(strategy->Suggest(8).value(), 0)));
  std::set<Configuration> seen;
  auto recommended = strategy->Recommend(4).value();
  EXPECT_THAT(recommended, SizeIs(4));
  for (const Suggestion& s : recommended) {
    EXPECT_TRUE(space.Validate(s.configuration));
    EXPECT_TRUE(seen.insert(s.configuration).second);
  }
}

// Also of what breaks constraints, and without changing what comes next.
TEST_P(StrategyContract, PredictsAnyConfigurationOrNone) {
  SearchSpace space = MakeBudgetSpace(4, 4, 5);
  auto strategy = Make(space);
  auto other = Make(space);
  const std::vector<Configuration> some = {{{3, 3, 3, 3}}, {{0, 1, 0, 2}}};
  EXPECT_THAT(strategy->PredictMeans(some).value(), IsEmpty());
  const auto told = Evaluate(strategy->Suggest(8).value(), 0);
  ASSERT_TRUE(strategy->Observe(told));
  ASSERT_TRUE(other->Observe(told));
  const std::vector<double> means = strategy->PredictMeans(some).value();
  if (!means.empty()) {
    ASSERT_THAT(means, SizeIs(2));
    EXPECT_TRUE(std::isfinite(means[0]) && std::isfinite(means[1]));
  }
  EXPECT_EQ(Configurations(strategy->Suggest(3).value()),
            Configurations(other->Suggest(3).value()));
}

TEST_P(StrategyContract, WhatIsForeseenIsFinite) {
  SearchSpace space = MakeSpace(6, 4);
  auto strategy = Make(space);
  for (int i = 0; i < 6; ++i) {
    const auto suggestions = strategy->Suggest(3).value();
    for (const Suggestion& s : suggestions) {
      EXPECT_EQ(s.fidelity, 1);
      EXPECT_TRUE(std::isfinite(s.predicted.value_or(0)));
      EXPECT_GE(s.deviation.value_or(0), 0);
      EXPECT_GE(s.expected_improvement.value_or(0), 0);
      EXPECT_LT(s.expected_improvement.value_or(0), 18);  // the whole range
    }
    ASSERT_TRUE(strategy->Observe(Evaluate(suggestions, 3 * i)));
  }
}

TEST_P(StrategyContract, GoesOnWhenAllScoresAreEqual) {
  const SearchSpace space = MakeSpace(6, 4);
  for (double value : {0.0, 0.3, -1e300}) {
    auto strategy = Make(space);
    EXPECT_THAT(
        RunStudy(*strategy, space, 18, [&](const auto&) { return value; }),
        SizeIs(18));
  }
}

TEST_P(StrategyContract, ScoresMayBeOfAnySize) {
  const SearchSpace space = MakeSpace(6, 4);
  for (double unit : {1e-300, 1e-12, 1e12, 1e306}) {
    auto strategy = Make(space);
    const auto trials = RunStudy(*strategy, space, 18, [&](const auto& x) {
      return unit * (x[0] + x[1] - 3 * x[2]);
    });
    EXPECT_THAT(trials, SizeIs(18));
  }
}

TEST_P(StrategyContract, OutliersAreScoresToo) {
  const SearchSpace space = MakeSpace(6, 4);
  auto strategy = Make(space);
  const double most = std::numeric_limits<double>::max();
  const auto trials = RunStudy(*strategy, space, 18, [&](const auto& x) {
    return x[0] == 3 ? -most : x[1] == 3 ? most : 1e-300 * x[2];
  });
  EXPECT_THAT(trials, SizeIs(18));
}

TEST_P(StrategyContract, TrialsOfOneConfigurationAreToldTogether) {
  auto strategy = Make(MakeSpace(4, 4));
  std::vector<Trial> trials;
  for (int n = 0; n < 12; ++n) {
    trials.push_back(testing::MakeTrial(n, {n % 2, 1, 2, 3}, n % 5));
  }
  ASSERT_TRUE(strategy->Observe(trials));
  std::set<Configuration> seen = {{{0, 1, 2, 3}}, {{1, 1, 2, 3}}};
  const auto suggestions = strategy->Suggest(4).value();
  for (const Suggestion& s : suggestions) {
    EXPECT_TRUE(seen.insert(s.configuration).second);
  }
  std::set<Configuration> different;
  const auto recommended = strategy->Recommend(3).value();
  for (const Suggestion& s : recommended) {
    EXPECT_TRUE(different.insert(s.configuration).second);
  }
}

// Others may try what a budget forbids.
TEST_P(StrategyContract, ToldTrialsNeedNotKeepTheConstraints) {
  const SearchSpace space = MakeBudgetSpace(6, 6, 7);
  auto strategy = Make(space);
  std::vector<Trial> trials;
  for (int n = 0; n < 12; ++n) {
    trials.push_back(testing::MakeTrial(n, {5, 5, 5, n % 6, 5, n / 6}, 10 + n));
  }
  ASSERT_TRUE(strategy->Observe(trials));
  const auto suggestions = strategy->Suggest(6).value();
  for (const Suggestion& s : suggestions) {
    EXPECT_TRUE(space.Validate(s.configuration));
  }
}

TEST_P(StrategyContract, OneFeasibleConfigurationOfManyIsSuggestedOnce) {
  const SearchSpace space = MakeBudgetSpace(5, 4, 0);
  auto strategy = Make(space);
  EXPECT_THAT(RunStudy(*strategy, space, 6, [](const auto&) { return 1.0; }),
              SizeIs(1));
  EXPECT_THAT(strategy->Recommend(2).value(), SizeIs(1));
}

TEST_P(StrategyContract, HandlesManyDimensions) {
  const SearchSpace space = MakeBudgetSpace(512, 6, 1000);
  auto strategy = Make(space);
  // The start design of ten, and a batch by the model.
  const auto trials = RunStudy(*strategy, space, 12, [](const auto& x) {
    return std::accumulate(x.begin(), x.end(), 0.0);
  });
  EXPECT_THAT(trials, SizeIs(12));
}

TEST_P(StrategyContract, PendingTrialsAreNotSuggestedByTheModelAgain) {
  const SearchSpace space = MakeSpace(5, 6);
  auto strategy = Make(space);
  const auto trials = RunStudy(*strategy, space, 18, [](const auto& x) {
    return 1.0 * x[0] - x[1] * x[2];
  });
  std::set<Configuration> seen;
  for (const Trial& trial : trials) seen.insert(trial.configuration);
  std::vector<Suggestion> pending;
  for (int batch = 0; batch < 4; ++batch) {
    auto suggestions = strategy->Suggest(4).value();
    for (Suggestion& s : suggestions) {
      EXPECT_TRUE(seen.insert(s.configuration).second);
      pending.push_back(std::move(s));
    }
    // The last of them first.
    ASSERT_TRUE(strategy->Observe(
        Evaluate({pending.back()}, static_cast<int64_t>(18 + batch))));
    pending.pop_back();
  }
}

TEST_P(StrategyContract, SourcesMayBeOfAnyKind) {
  const SearchSpace space = MakeSpace(4, 5);
  std::vector<SourceStudy> sources = {{.name = "empty"},
                                      {.name = "constant"},
                                      {.name = "huge"},
                                      {.name = "one configuration"}};
  for (int n = 0; n < 12; ++n) {
    const Configuration x{{n % 5, n / 5, n % 3, n % 2}};
    sources[1].configurations.push_back(x);
    sources[1].values.push_back(2);
    sources[2].configurations.push_back(x);
    sources[2].values.push_back(1e305 * (n % 4 - 1));
    sources[3].configurations.push_back({{1, 2, 3, 4}});
    sources[3].values.push_back(n);
  }
  auto strategy = Make(space);
  ASSERT_TRUE(strategy->MetaLearn(sources));
  const auto trials = RunStudy(
      *strategy, space, 15, [](const auto& x) { return 1.0 * x[0] - x[3]; });
  EXPECT_THAT(trials, SizeIs(15));
}

TEST_P(StrategyContract, SourcesMayBeOfARelatedSpace) {
  auto layers = [](int count, std::vector<double> choices) {
    std::vector<Parameter> parameters;
    for (int i = 0; i < count; ++i) {
      parameters.push_back({.name = "layer " + std::to_string(i),
                            .choices = choices,
                            .descriptors = {{"depth", i / (count - 1.0)}}});
    }
    return parameters;
  };
  const SearchSpace space = SearchSpace::Create(layers(4, {1, 2, 3})).value();
  std::vector<SourceStudy> sources;
  for (int count : {3, 7}) {
    SourceStudy& source = sources.emplace_back(
        SourceStudy{.name = "other size",
                    .configurations = {},
                    .values = {},
                    .parameters = layers(count, {1, 3, 4})});
    for (int n = 0; n < 12; ++n) {
      Configuration& x = source.configurations.emplace_back();
      for (int i = 0; i < count; ++i) x.choices.push_back((n + n / 3 * i) % 3);
      source.values.push_back(std::accumulate(
          x.choices.begin(), x.choices.end(), 1e305 * (count - 5)));
    }
  }
  auto strategy = Make(space);
  ASSERT_TRUE(strategy->MetaLearn(sources));
  const auto trials = RunStudy(
      *strategy, space, 15, [](const auto& x) { return 1.0 * x[0] - x[3]; });
  EXPECT_THAT(trials, SizeIs(15));
}

INSTANTIATE_TEST_SUITE_P(All,
                         StrategyContract,
                         ::testing::ValuesIn(StrategyNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace rankadaptor
