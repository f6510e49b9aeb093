#include "rankadaptor/llama/scorer.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Ids = std::vector<int32_t>;

// fp32 sums in another order.
constexpr double kTolerance = 1e-4;

Ids RandomIds(RandomStream& stream, int64_t count) {
  Ids ids;
  for (int64_t i = 0; i < count; ++i) {
    ids.push_back(static_cast<int32_t>(stream.UniformInt(0, 31)));
  }
  return ids;
}

// Questions of 2 to 4 choices with a common context each, of many lengths.
std::vector<EncodedRequest> Questions(int count) {
  RandomStream stream(3, "questions");
  std::vector<EncodedRequest> requests;
  for (int i = 0; i < count; ++i) {
    const Ids context = RandomIds(stream, stream.UniformInt(1, 30));
    const int64_t num_choices = stream.UniformInt(2, 4);
    for (int64_t choice = 0; choice < num_choices; ++choice) {
      requests.push_back(
          {context, RandomIds(stream, stream.UniformInt(1, 12))});
    }
  }
  return requests;
}

// One request by one plain forward pass.
double PlainLogLikelihood(const Model& model, const EncodedRequest& request) {
  Ids ids = request.context;
  ids.insert(
      ids.end(), request.continuation.begin(), request.continuation.end());
  const std::vector<float> losses = model.TokenNlls(ids).value();
  double sum = 0;
  for (size_t i = losses.size() - request.continuation.size();
       i < losses.size();
       ++i) {
    sum -= losses[i];
  }
  return sum;
}

class Scorer : public ::testing::Test {
 protected:
  std::vector<RequestScore> Score(std::span<const EncodedRequest> requests,
                                  const ScoringOptions& options = {}) {
    return ScoreRequests(model_, nullptr, requests, options).value();
  }
  std::string ErrorOf(std::span<const EncodedRequest> requests,
                      const ScoringOptions& options = {}) {
    const auto scores = ScoreRequests(model_, nullptr, requests, options);
    return scores ? "no error" : scores.error().message;
  }

  const Model model_ = RandomModel(SmallConfig(), 1);
};

TEST_F(Scorer, SharedPassesGiveWhatSinglePassesGive) {
  const std::vector<EncodedRequest> requests = Questions(20);
  const std::vector<RequestScore> scores = Score(requests);
  ASSERT_EQ(scores.size(), requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_NEAR(scores[i].log_likelihood,
                PlainLogLikelihood(model_, requests[i]),
                kTolerance);
    EXPECT_EQ(scores[i].num_context_tokens,
              static_cast<int64_t>(requests[i].context.size()));
    EXPECT_EQ(scores[i].num_continuation_tokens,
              static_cast<int64_t>(requests[i].continuation.size()));
  }
}

TEST_F(Scorer, ResultsDoNotDependOnTheBatchSize) {
  const std::vector<EncodedRequest> requests = Questions(30);
  const std::vector<RequestScore> together = Score(requests);
  for (int64_t batch_size : {1, 2, 7, 64}) {
    ScoringOptions options;
    options.batch_size = batch_size;
    const std::vector<RequestScore> scores = Score(requests, options);
    for (size_t i = 0; i < requests.size(); ++i) {
      EXPECT_NEAR(
          scores[i].log_likelihood, together[i].log_likelihood, kTolerance);
      EXPECT_EQ(scores[i].is_greedy, together[i].is_greedy);
    }
  }
}

TEST_F(Scorer, ResultsDoNotDependOnTheOtherRequests) {
  const std::vector<EncodedRequest> requests = Questions(10);
  const std::vector<RequestScore> together = Score(requests);
  for (size_t i = 0; i < requests.size(); i += 5) {
    EXPECT_NEAR(Score({&requests[i], 1})[0].log_likelihood,
                together[i].log_likelihood,
                kTolerance);
  }
}

TEST_F(Scorer, EqualRequestsScoreEqually) {
  const EncodedRequest request = {{1, 5, 9}, {4, 4}};
  const std::vector<RequestScore> scores =
      Score(std::vector<EncodedRequest>(3, request));
  EXPECT_EQ(scores[0].log_likelihood, scores[2].log_likelihood);
  EXPECT_NE(scores[0].log_likelihood, 0);
}

TEST_F(Scorer, GreedyMeansEveryTokenIsTheFirstChoice) {
  const Ids context = {1, 2, 3};
  Ids continuation;
  for (int step = 0; step < 3; ++step) {
    Ids ids = context;
    ids.insert(ids.end(), continuation.begin(), continuation.end());
    const std::vector<float> logits = model_.Logits(ids).value();
    const auto last = logits.end() - 32;
    continuation.push_back(
        static_cast<int32_t>(std::max_element(last, logits.end()) - last));
  }
  Ids other = continuation;
  other.back() = (other.back() + 1) % 32;
  const auto scores = Score(
      std::vector<EncodedRequest>{{context, continuation}, {context, other}});
  EXPECT_TRUE(scores[0].is_greedy);
  EXPECT_FALSE(scores[1].is_greedy);
}

TEST_F(Scorer, LongInputsLoseTheirBeginning) {
  RandomStream stream(1);
  const Ids context = RandomIds(stream, 20);
  ScoringOptions options;
  options.max_length = 8;
  const std::vector<EncodedRequest> request = {{context, {3, 4, 5}}};
  // Eight inputs and the last target: nine tokens of the end.
  const EncodedRequest end = {{context.end() - 6, context.end()}, {3, 4, 5}};
  EXPECT_NEAR(Score(request, options)[0].log_likelihood,
              PlainLogLikelihood(model_, end),
              kTolerance);
  EXPECT_EQ(Score(request, options)[0].num_context_tokens, 20);
}

TEST_F(Scorer, ContinuationMayFillTheWholeLength) {
  ScoringOptions options;
  options.max_length = 3;
  const std::vector<EncodedRequest> request = {{{1, 2}, {3, 4, 5}}};
  EXPECT_NEAR(Score(request, options)[0].log_likelihood,
              PlainLogLikelihood(model_, {{2}, {3, 4, 5}}),
              kTolerance);
}

TEST_F(Scorer, TooLongAContinuationIsRefused) {
  ScoringOptions options;
  options.max_length = 2;
  EXPECT_THAT(ErrorOf(std::vector<EncodedRequest>{{{1}, {3, 4, 5}}}, options),
              HasSubstr("3 tokens, more than max_length = 2"));
}

TEST_F(Scorer, ForeignTokenIsRefused) {
  EXPECT_THAT(ErrorOf(std::vector<EncodedRequest>{{{1}, {32}}}),
              HasSubstr("token 32 is not in the model's vocabulary of 32"));
}

TEST_F(Scorer, CancelledScoringSaysSo) {
  CancellationFlag flag;
  flag.Cancel();
  ScoringOptions options;
  options.cancellation = &flag;
  const auto scores = ScoreRequests(model_, nullptr, Questions(2), options);
  ASSERT_FALSE(scores);
  EXPECT_EQ(scores.error().code, ErrorCode::kCancelled);
}

TEST_F(Scorer, ProgressRisesToOne) {
  std::vector<double> fractions;
  ScoringOptions options;
  options.batch_size = 4;
  options.progress = [&](double done) { fractions.push_back(done); };
  Score(Questions(10), options);
  EXPECT_GT(fractions.size(), 1u);
  EXPECT_TRUE(std::ranges::is_sorted(fractions));
  EXPECT_EQ(fractions.back(), 1);
}

TEST_F(Scorer, NoRequestsNoScores) { EXPECT_TRUE(Score({}).empty()); }

TEST_F(Scorer, TaskScoresKeepDocumentsTogether) {
  EncodedTask task;
  task.name = "t";
  task.documents = {{4, 1, {{{1}, {2}}, {{1}, {3}}}, {1, 2}},
                    {9, 0, {{{5, 6}, {7}}, {{5, 6}, {8}}}, {3, 4}}};
  const TaskScores scores = ScoreTask(model_, nullptr, task, {}).value();
  ASSERT_EQ(scores.documents.size(), 2u);
  EXPECT_EQ(scores.documents[1].doc_id, 9);
  EXPECT_EQ(scores.documents[0].gold, 1);
  EXPECT_THAT(scores.documents[1].choice_lengths, ::testing::ElementsAre(3, 4));
  EXPECT_NEAR(scores.documents[1].choices[1].log_likelihood,
              PlainLogLikelihood(model_, {{5, 6}, {8}}),
              kTolerance);
}

TEST_F(Scorer, TaskErrorsNameTheTask) {
  EncodedTask task;
  task.name = "mine";
  task.documents = {{0, 0, {{{1}, {99}}}, {1}}};
  EXPECT_THAT(ScoreTask(model_, nullptr, task, {}).error().message,
              AllOf(HasSubstr("task mine: "), HasSubstr("token 99")));
}

}  // namespace
}  // namespace rankadaptor::llama
