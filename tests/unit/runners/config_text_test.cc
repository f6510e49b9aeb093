#include "runners/config/config_text.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_reader.h"

namespace rankadaptor::runners {
namespace {

using testing::ElementsAre;
using testing::Pair;

v1::SearchConfig Read(const std::string& text) {
  v1::SearchConfig config;
  auto source = ReadConfig(text, "study.yaml", {}, &config);
  EXPECT_TRUE(source) << source.error().message;
  return config;
}

TEST(ConfigText, IsReadBackIntoAnEqualMessage) {
  v1::SearchConfig config = Read(R"(
schema_revision: 1
seed: 18446744073709551615
evaluator:
  llama:
    model: "mod\"els/\u00e9 \ttiny"
    recovery: {data: {text: a.txt}, steps: 3, learning_rate: 0.1}
    scoring: {tasks: [boolq, "no: yes", "12"], preset: lm_eval_2023_05}
    ranks:
      baselines: [{name: a, ranks: [2, 0]}, {name: b, ranks: [1]}]
)");
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      Read(FormatConfig(config)), config))
      << FormatConfig(config);
}

TEST(ConfigText, FixedFieldsLeaveOutWhatMayChange) {
  v1::SearchConfig config = Read(R"(
schema_revision: 1
workers: 2
evaluator: {synthetic: {family: nk, num_layers: 4}}
search: {max_trials: 9, convergence: {threshold: 1, rounds: 2},
         hidden_widths: [3, 4]}
)");
  EXPECT_THAT(FixedFields(config),
              ElementsAre(Pair("evaluator.synthetic.family", "\"nk\""),
                          Pair("evaluator.synthetic.num_layers", "4"),
                          Pair("schema_revision", "1"),
                          Pair("search.hidden_widths[0]", "3"),
                          Pair("search.hidden_widths[1]", "4")));
}

}  // namespace
}  // namespace rankadaptor::runners
