#include "runners/llama/model_card.h"

#include <gmock/gmock.h>

namespace rankadaptor::runners {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

llama::LlamaConfig Config(std::vector<llama::LayerShape> layers) {
  llama::LlamaConfig config;
  config.vocab_size = 10;
  config.hidden_size = 8;
  config.head_dim = 2;
  config.layers = std::move(layers);
  config.tie_word_embeddings = true;
  return config;
}

// Two of four heads and three of twelve channels of the second layer stay.
ModelCard PrunedCard(std::string format) {
  ModelCard card;
  card.format = std::move(format);
  card.base_model = "models/base";
  card.dense = Config({{4, 2, 12}, {4, 2, 12}});
  card.config = Config({{4, 2, 12}, {2, 1, 3}});
  card.kept = llama::KeptIndices{
      {{{0, 1, 2, 3}, {0, 1}, {0}}, {{0, 1}, {0}, {1, 5, 7}}}};
  return card;
}

ReportRow Row(const char* label, double mean) {
  ReportRow row;
  row.label = label;
  row.objective = {.num_samples = 3,
                   .mean = mean,
                   .standard_deviation = 0.02,
                   .standard_error = 0.0115,
                   .margin = 0.0497};
  row.metrics = {{"piqa", 0.61}};
  return row;
}

CardStudy Study() {
  CardStudy study;
  study.trial = 17;
  study.trial_seed = 99;
  study.study_seed = 5;
  study.evaluator = "llama 0.1.0";
  study.objective = {.name = "average", .minimised = false};
  study.data = {{"evaluator.llama.recovery.data.alpaca", "alpaca.json"}};
  study.config = "{\"seed\": 5}";
  return study;
}

TEST(ModelCard, SaysWhatWasPrunedAndHowMuchReally) {
  const std::string card = FormatModelCard(PrunedCard("pruned"));
  EXPECT_THAT(card, StartsWith("---\nlibrary_name: transformers\n"));
  // 10*8 + 5*8 norms; a dense layer 8*(8+4+4+8) + 3*8*12 = 480, the pruned one
  // 8*(4+2+2+4) + 3*8*3 = 168.
  EXPECT_THAT(card,
              HasSubstr("1,080 parameters before, 768 after: 28.89 % of all "
                        "parameters are gone."));
  EXPECT_THAT(card, HasSubstr("2 of 4"));
  EXPECT_THAT(card, HasSubstr("3 of 12"));
  EXPECT_THAT(card, HasSubstr("kept_indices.json"));
}

TEST(ModelCard, NamesTheDenseLayerOfEachThatIsLeft) {
  ModelCard card = PrunedCard("pruned");
  card.dense = Config({{4, 2, 12}, {4, 2, 12}, {4, 2, 12}});
  card.kept->layers.insert(card.kept->layers.begin() + 1, llama::KeptLayer{});
  EXPECT_THAT(FormatModelCard(card), HasSubstr("| 1 | 2 |"));
}

TEST(ModelCard, SaysHowToLoadEachFormat) {
  EXPECT_THAT(FormatModelCard(PrunedCard("pruned")),
              HasSubstr("rankadaptor export THIS_FOLDER --format padded"));
  EXPECT_THAT(FormatModelCard(PrunedCard("padded")),
              HasSubstr("AutoModelForCausalLM.from_pretrained(\"THIS_FOLDER"));
  EXPECT_THAT(FormatModelCard(PrunedCard("gguf")),
              HasSubstr("Llama(\"THIS_FOLDER/model.gguf\")"));
  ModelCard card = PrunedCard("peft");
  card.adapter = CardAdapter{{2, 4}, 60, {}};
  EXPECT_THAT(FormatModelCard(card),
              HasSubstr("rankadaptor eval --model PRUNED --adapter"));
  card.config = *card.dense;
  card.kept.reset();
  EXPECT_THAT(FormatModelCard(card), HasSubstr("PeftModel.from_pretrained"));
}

TEST(ModelCard, ListsRanks) {
  ModelCard card = PrunedCard("peft");
  card.adapter = CardAdapter{{2, 12}, 1234, 16};
  const std::string text = FormatModelCard(card);
  EXPECT_THAT(text, HasSubstr("2, 12 (layer 0 to 1; 0: not adapted), 1,234"));
  EXPECT_THAT(text, HasSubstr("padded with zeros to rank 16"));
}

// transformers refuses 3 heads in a hidden size of 8.
TEST(ModelCard, SaysWhereOneShapeIsNotEnough) {
  ModelCard card = PrunedCard("pruned");
  card.config = Config({{3, 3, 12}, {3, 3, 12}});
  EXPECT_THAT(FormatModelCard(card),
              HasSubstr("The heads do not divide the hidden size, which "
                        "`rankadaptor` loads as it is"));
  card.format = "padded";
  EXPECT_THAT(FormatModelCard(card),
              HasSubstr("filled up with zeros to one shape"));
}

TEST(ModelCard, HasScoresWithTheirConfidenceSeedsAndData) {
  ModelCard card = PrunedCard("merged");
  card.study = Study();
  card.study->rows = {Row("uniform 8", 0.58), Row("recommended 1", 0.61)};
  card.study->rows[1].difference =
      SampleStatistics{.num_samples = 3, .mean = 0.03, .margin = 0.043};
  card.study->exported_row = 1;
  const std::string text = FormatModelCard(card);
  EXPECT_THAT(text,
              HasSubstr("| recommended 1 (this one) | 0.6100 | 0.5603 to "
                        "0.6597 | 3 | +0.0300 | -0.0130 to +0.0730 | 0.6100 "
                        "|"));
  EXPECT_THAT(text, HasSubstr("| average | 95 % confidence | seeds |"));
  EXPECT_THAT(text, HasSubstr("seed of the study 5, of the trial 99"));
  EXPECT_THAT(text,
              HasSubstr("evaluator.llama.recovery.data.alpaca: alpaca.json"));
  EXPECT_THAT(text, HasSubstr("{\"seed\": 5}"));
}

TEST(ModelCard, SaysThatOneMeasurementAmongManyIsOptimistic) {
  ModelCard card = PrunedCard("merged");
  card.study = Study();
  card.study->objective = {.name = "loss", .minimised = true};
  card.study->measurement.objective = -1.5;
  EXPECT_THAT(FormatModelCard(card),
              HasSubstr("In the search, once: loss 1.5000 (lower is better)"));
}

TEST(ModelCard, EscapesNamesFromOutside) {
  ModelCard card = PrunedCard("merged");
  card.base_model = "a|b<script>\n# c";
  const std::string text = FormatModelCard(card);
  EXPECT_THAT(text, HasSubstr("a|b\\<script\\> \\# c"));
  EXPECT_THAT(text, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace rankadaptor::runners
