#include "rankadaptor/search/ask_tell_study.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "rankadaptor/search/strategy_factory.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::KernelModel;
using ::rankadaptor::testing::MakeBudgetSpace;
using ::rankadaptor::testing::MakeSpace;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::unique_ptr<Strategy> Make(const std::string& name,
                               const SearchSpace& space) {
  StrategyOptions options{
      .seed = 5, .num_candidates = 100, .num_final_candidates = 200};
  options.make_performance_model = [](int num_features, uint64_t) {
    return Result<std::unique_ptr<surrogate::PerformanceModel>>(
        std::make_unique<KernelModel>(num_features));
  };
  return MakeStrategy(name, space, options).value();
}

std::unique_ptr<AskTellStudy> Open(Store& store,
                                   const SearchSpace& space = MakeSpace(4, 4),
                                   Direction direction = Direction::kMaximize,
                                   const std::string& strategy = "paper") {
  return AskTellStudy::Create(space,
                              {.store = &store,
                               .strategy = Make(strategy, space),
                               .direction = direction,
                               .sources = {}})
      .value();
}

double Sum(const Configuration& configuration) {
  double sum = 0;
  for (int32_t choice : configuration.choices) sum += choice;
  return sum;
}

// Every fourth trial fails.
void TellSum(AskTellStudy& study, const AskedTrial& trial) {
  if (trial.id % 4 == 3) {
    ASSERT_TRUE(study.TellFailed(trial.id, "out of memory"));
  } else {
    ASSERT_TRUE(study.Tell(trial.id, Sum(trial.configuration)));
  }
}

std::vector<std::vector<int32_t>> Choices(Store& store) {
  std::vector<std::vector<int32_t>> choices;
  const std::vector<Trial> trials = store.LoadTrials().value();
  for (const Trial& trial : trials) {
    choices.push_back(trial.configuration.choices);
  }
  return choices;
}

TEST(AskTellStudy, HandsOutNumberedTrialsAndKnowsTheBest) {
  MemoryStore store;
  auto study = Open(store);
  double best = -1;
  for (int64_t id = 0; id < 10; ++id) {
    auto trials = study->Ask(1).value();
    ASSERT_THAT(trials, SizeIs(1));
    EXPECT_EQ(trials[0].id, id);
    const double score = Sum(trials[0].configuration);
    best = std::max(best, score);
    ASSERT_TRUE(study->Tell(id, score));
  }
  const BestTrials found = study->Best().value();
  EXPECT_EQ(found.observed->score, best);
  EXPECT_EQ(Sum(found.observed->configuration), best);
  EXPECT_TRUE(found.recommended->predicted.has_value());
}

TEST(AskTellStudy, MinimisingIsMaximisingTheNegative) {
  MemoryStore minimised_store, maximised_store;
  auto minimised = Open(minimised_store, MakeSpace(4, 4), Direction::kMinimize);
  auto maximised = Open(maximised_store);
  for (int i = 0; i < 8; ++i) {
    auto down = minimised->Ask(1).value()[0];
    auto up = maximised->Ask(1).value()[0];
    ASSERT_EQ(down.configuration, up.configuration);
    ASSERT_TRUE(minimised->Tell(down.id, Sum(down.configuration)));
    ASSERT_TRUE(maximised->Tell(up.id, -Sum(up.configuration)));
  }
  EXPECT_EQ(minimised->Best()->observed->score,
            -maximised->Best()->observed->score);
  EXPECT_EQ(*minimised->Best()->recommended->predicted,
            -*maximised->Best()->recommended->predicted);
}

// Stops after every possible number of steps; a step is an Ask or a Tell.
class KilledStudy : public ::testing::TestWithParam<std::string> {
 protected:
  // Asks for `batch` and tells them last first, until `num_trials` were told.
  // Stops before step `last_step`.
  void Run(Store& store, int batch, size_t num_trials, int last_step) {
    auto study = Open(store, MakeSpace(5, 4), Direction::kMaximize, GetParam());
    int step = 0;
    while (store.LoadTrials()->size() < num_trials) {
      if (step++ == last_step) return;
      auto trials = study->Ask(batch).value();
      for (auto trial = trials.rbegin(); trial != trials.rend(); ++trial) {
        if (step++ == last_step) return;
        TellSum(*study, *trial);
      }
    }
  }
};

TEST_P(KilledStudy, GoesOnAsIfNothingHadHappened) {
  constexpr int kForEver = 1000;
  for (int batch : {1, 3}) {
    MemoryStore whole;
    Run(whole, batch, 12, kForEver);
    for (int last_step = 0; last_step < 24; ++last_step) {
      MemoryStore store;
      Run(store, batch, 12, last_step);
      Run(store, batch, 12, kForEver);
      ASSERT_EQ(Choices(store), Choices(whole))
          << "batches of " << batch << ", killed before step " << last_step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         KilledStudy,
                         ::testing::ValuesIn(StrategyNames()),
                         [](const auto& info) { return info.param; });

TEST(AskTellStudy, OpenTrialsComeFirstAndByThemselves) {
  MemoryStore store;
  const auto asked = Open(store)->Ask(2).value();
  auto study = Open(store);
  const auto again = study->Ask(5).value();
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[1].configuration, asked[1].configuration);
  const auto next = study->Ask(1).value();
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].id, 2);
}

TEST(AskTellStudy, AnOpenTrialOfAKilledStudyCanBeToldWithoutAsking) {
  MemoryStore store;
  ASSERT_TRUE(Open(store)->Ask(2));
  auto study = Open(store);
  ASSERT_TRUE(study->Tell(0, 1));
  EXPECT_EQ(study->Ask(1).value()[0].id, 1);
}

TEST(AskTellStudy, WrongResultsAreNamedAndChangeNothing) {
  MemoryStore store;
  auto study = Open(store);
  EXPECT_THAT(study->Tell(0, 1).error().message,
              HasSubstr("trial 0 was not asked"));
  ASSERT_TRUE(study->Ask(2));
  ASSERT_TRUE(study->Tell(0, 1));
  EXPECT_THAT(study->Tell(0, 2).error().message,
              HasSubstr("trial 0 was told already"));
  EXPECT_THAT(study->TellFailed(7, "").error().message,
              HasSubstr("ids are 0 to 1"));
  const double infinity = std::numeric_limits<double>::infinity();
  for (double score : {std::nan(""), infinity, -infinity}) {
    EXPECT_THAT(study->Tell(1, score).error().message,
                HasSubstr("is not finite; tell the trial as failed"));
  }
  EXPECT_FALSE(study->Ask(0));
  EXPECT_THAT(store.LoadTrials().value(), SizeIs(1));
  EXPECT_TRUE(study->Tell(1, 3));
}

TEST(AskTellStudy, WithoutASuccessNothingIsBest) {
  MemoryStore store;
  auto study = Open(store);
  EXPECT_FALSE(study->Best()->observed);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(study->TellFailed(study->Ask(1).value()[0].id, "no"));
  }
  EXPECT_FALSE(study->Best()->observed);
  EXPECT_FALSE(study->Best()->recommended);
}

TEST(AskTellStudy, AnExhaustedSpaceHandsOutNothing) {
  MemoryStore store;
  SearchSpace space = MakeBudgetSpace(3, 3, 0);  // one feasible point
  auto study = Open(store, space);
  auto only = study->Ask(3).value();
  ASSERT_THAT(only, SizeIs(1));
  EXPECT_THAT(study->Ask(1).value(), IsEmpty());
  ASSERT_TRUE(study->Tell(0, 2));
  EXPECT_THAT(study->Ask(1).value(), IsEmpty());
  EXPECT_EQ(study->Best()->recommended->id, 0);
}

TEST(AskTellStudy, EnqueuedConfigurationsComeFirstAndSurviveAKill) {
  MemoryStore store;
  auto study = Open(store);
  EXPECT_EQ(study->Enqueue({{3, 3, 3, 3}}).value(), 0);
  EXPECT_FALSE(study->Enqueue({{4, 0, 0, 0}}));
  study = Open(store);
  EXPECT_THAT(study->Ask(4).value()[0].configuration.choices,
              ElementsAre(3, 3, 3, 3));
  ASSERT_TRUE(study->Tell(0, 12));
  EXPECT_EQ(study->Enqueue({{3, 3, 3, 3}}).value(), 1);  // a repeat
  EXPECT_EQ(study->Ask(1).value()[0].id, 1);
}

class ScaleTest : public ::testing::TestWithParam<double> {};

// Only the binary exponent of scores differs, so nothing else does.
TEST_P(ScaleTest, ExtremeScoresAreSearchedLikeUsualOnes) {
  MemoryStore store, usual_store;
  auto study = Open(store);
  auto usual = Open(usual_store);
  for (int i = 0; i < 10; ++i) {
    auto trial = study->Ask(1).value()[0];
    ASSERT_EQ(trial.configuration, usual->Ask(1).value()[0].configuration);
    const double score = 1 + Sum(trial.configuration) / 16;
    ASSERT_TRUE(study->Tell(i, score * GetParam()));
    ASSERT_TRUE(usual->Tell(i, score));
  }
  EXPECT_EQ(study->Best()->observed->score,
            usual->Best()->observed->score * GetParam());
  EXPECT_EQ(*study->Best()->recommended->predicted,
            *usual->Best()->recommended->predicted * GetParam());
}

INSTANTIATE_TEST_SUITE_P(Sizes,
                         ScaleTest,
                         ::testing::Values(std::ldexp(1.0, -1000),
                                           1.0,
                                           std::ldexp(1.0, 1000)));

TEST(AskTellStudy, ScoresOfAllSizesAtOnceAreTaken) {
  MemoryStore store;
  auto study = Open(store);
  for (double score : {0.0, 1e-300, 1.0, -1e300, 1e300, 1e-300}) {
    ASSERT_TRUE(study->Tell(study->Ask(1).value()[0].id, score));
  }
  EXPECT_EQ(study->Best()->observed->score, 1e300);
  EXPECT_THAT(study->Ask(3).value(), SizeIs(3));
}

TEST(AskTellStudy, WrongSourcesAreNamed) {
  MemoryStore store;
  const SearchSpace space = MakeSpace(2, 3);
  auto error = [&](SourceStudy source) {
    return AskTellStudy::Create(space,
                                {.store = &store,
                                 .strategy = Make("random", space),
                                 .sources = {std::move(source)}})
        .error()
        .message;
  };
  EXPECT_THAT(error({"", {{{0, 3}}}, {1}}), HasSubstr("source 0"));
  EXPECT_THAT(error({"", {{{0, 1}}}, {}}), HasSubstr("have 0 scores"));
  EXPECT_THAT(error({"", {{{0, 1}}}, {NAN}}), HasSubstr("not finite"));
  EXPECT_THAT(error({"", {{{0}}}, {1}, {{"other", {1, 2}}}}),
              HasSubstr("source 0: its 1 parameters and the 2 of the study"));
}

TEST(AskTellStudy, AStoreOfAnotherSpaceIsRefused) {
  MemoryStore store;
  ASSERT_TRUE(Open(store)->Ask(1));
  const SearchSpace space = MakeSpace(3, 4);
  auto study = AskTellStudy::Create(
      space, {.store = &store, .strategy = Make("random", space)});
  ASSERT_FALSE(study);
  EXPECT_EQ(study.error().code, ErrorCode::kFailedPrecondition);
}

// The disk is full once; nothing is lost.
TEST(AskTellStudy, WhatCouldNotBeStoredIsHandedOutLater) {
  class FullOnce final : public Store {
   public:
    Result<std::vector<Trial>> LoadTrials() override {
      return memory_.LoadTrials();
    }
    Status AppendTrial(const Trial& trial) override {
      return memory_.AppendTrial(trial);
    }
    Result<std::vector<int64_t>> LoadAppendOrder() override {
      return memory_.LoadAppendOrder();
    }
    Status AppendAsked(std::span<const Trial> trials) override {
      if (std::exchange(full_, false)) return ResourceExhausted("full");
      return memory_.AppendAsked(trials);
    }
    Result<std::vector<Trial>> LoadAsked() override {
      return memory_.LoadAsked();
    }

   private:
    bool full_ = true;
    MemoryStore memory_;
  };
  FullOnce store;
  MemoryStore usual_store;
  auto study = Open(store);
  EXPECT_FALSE(study->Ask(1));
  EXPECT_EQ(study->Ask(1).value()[0].configuration,
            Open(usual_store)->Ask(1).value()[0].configuration);
}

}  // namespace
}  // namespace rankadaptor
