#include <gmock/gmock.h>

#include "rankadaptor/llama/scorer.h"

#include "tests/unit/llama_scoring/small_tokenizer.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::SmallTokenizer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Ids = std::vector<int32_t>;

class Encode : public ::testing::Test {
 protected:
  EncodedRequest Encoded(const Request& request,
                         ScoringPreset preset = ScoringPreset::k04WithoutBos) {
    return EncodeRequest(request, tokenizer_, preset).value();
  }
  Ids IdsOf(const char* text) { return tokenizer_.Encode(text).value(); }

  const Tokenizer tokenizer_ = SmallTokenizer();
};

TEST_F(Encode, ContextAndContinuationAreEncodedTogether) {
  const EncodedRequest encoded = Encoded({"the cat", " sat on"});
  EXPECT_EQ(encoded.context, IdsOf("the cat"));
  Ids whole = encoded.context;
  whole.insert(
      whole.end(), encoded.continuation.begin(), encoded.continuation.end());
  EXPECT_EQ(whole, IdsOf("the cat sat on"));
}

TEST_F(Encode, SpaceAtTheEndOfTheContextMoves) {
  const EncodedRequest moved = Encoded({"the cat ", "sat"});
  const EncodedRequest plain = Encoded({"the cat", " sat"});
  EXPECT_EQ(moved.context, plain.context);
  EXPECT_EQ(moved.continuation, plain.continuation);
}

TEST_F(Encode, BosStandsBeforeTheContext) {
  const EncodedRequest without =
      Encoded({"the cat", " sat"}, ScoringPreset::k04WithoutBos);
  const EncodedRequest with =
      Encoded({"the cat", " sat"}, ScoringPreset::k04WithBos);
  Ids expected = without.context;
  expected.insert(expected.begin(), tokenizer_.bos_id());
  EXPECT_EQ(with.context, expected);
  EXPECT_EQ(with.continuation, without.continuation);
}

TEST_F(Encode, EmptyContextBecomesOneBos) {
  for (const ScoringPreset preset :
       {ScoringPreset::k04WithBos, ScoringPreset::k04WithoutBos}) {
    const EncodedRequest encoded = Encoded({"", "the mat"}, preset);
    EXPECT_THAT(encoded.context, ElementsAre(tokenizer_.bos_id()));
    EXPECT_EQ(encoded.continuation, IdsOf("the mat"));
  }
  // White space only: all of it moves.
  EXPECT_EQ(Encoded({" ", "the mat"}).continuation, IdsOf(" the mat"));
}

TEST_F(Encode, EmptyContextBecomesEosWhereThereIsNoBos) {
  const Tokenizer tokenizer = SmallTokenizer(/*bos=*/false);
  EXPECT_EQ(tokenizer.bos_id(), -1);
  EXPECT_THAT(
      EncodeRequest({"", "the"}, tokenizer, ScoringPreset::k04WithBos)->context,
      ElementsAre(tokenizer.eos_id()));
}

TEST_F(Encode, OldHarnessesPutEosBeforeWhatHasNoContext) {
  for (const ScoringPreset preset :
       {ScoringPreset::k2023May, ScoringPreset::k2023August}) {
    EXPECT_THAT(Encoded({"", "the mat"}, preset).context,
                ElementsAre(tokenizer_.eos_id()));
  }
}

TEST_F(Encode, MayOf2023EncodesEachPartByItself) {
  const EncodedRequest encoded =
      Encoded({"the cat ", "sat"}, ScoringPreset::k2023May);
  EXPECT_EQ(encoded.context, IdsOf("the cat "));
  EXPECT_EQ(encoded.continuation, IdsOf("sat"));
}

TEST(ScoringPresets, HaveNames) {
  for (const char* name : {"lm_eval_2023_05",
                           "lm_eval_2023_08",
                           "lm_eval_0_4_bos_off",
                           "lm_eval_0_4_bos_on"}) {
    EXPECT_STREQ(ScoringPresetName(*ParseScoringPreset(name)), name);
  }
  EXPECT_THAT(ParseScoringPreset("0.3").error().message,
              HasSubstr("\"0.3\" is not one of lm_eval_2023_05, "));
}

TEST_F(Encode, ContinuationWithoutTokensIsRefused) {
  const auto encoded =
      EncodeRequest({"the cat", ""}, tokenizer_, ScoringPreset::k04WithBos);
  ASSERT_FALSE(encoded);
  EXPECT_THAT(encoded.error().message, HasSubstr("has no tokens"));
}

TEST_F(Encode, TaskKeepsWhatMetricsNeed) {
  Task task;
  task.name = "t";
  task.metric = TaskMetric::kNormalizedAccuracy;
  task.reports_normalized_accuracy = true;
  task.documents = {{"", "{}", {{"the", " cat"}, {"the", " dog"}}, {3, 3}, 0},
                    {"", "{}", {{"a", " red"}, {"a", " mat"}}, {3, 3}, 1}};
  const std::vector<int64_t> second = {1};
  const EncodedTask encoded =
      EncodeTask(task, second, tokenizer_, ScoringPreset::k04WithoutBos)
          .value();
  EXPECT_EQ(encoded.name, "t");
  EXPECT_EQ(encoded.metric, TaskMetric::kNormalizedAccuracy);
  ASSERT_EQ(encoded.documents.size(), 1u);
  const EncodedDocument& document = encoded.documents[0];
  EXPECT_EQ(document.doc_id, 1);
  EXPECT_EQ(document.gold, 1);
  EXPECT_THAT(document.choice_lengths, ElementsAre(3, 3));
  EXPECT_EQ(document.requests[0].context, IdsOf("a"));
  EXPECT_EQ(document.requests[1].continuation,
            Encoded({"a", " mat"}).continuation);
}

TEST_F(Encode, TaskErrorsNameDocumentAndChoice) {
  Task task;
  task.name = "t";
  task.documents = {{"", "{}", {{"the", " cat"}, {"the", ""}}, {3, 0}, 0}};
  EXPECT_THAT(
      EncodeTask(task, AllDocuments(1), tokenizer_, ScoringPreset::k04WithBos)
          .error()
          .message,
      AllOf(HasSubstr("task t, document 0, choice 1"), HasSubstr("tokens")));
}

}  // namespace
}  // namespace rankadaptor::llama
