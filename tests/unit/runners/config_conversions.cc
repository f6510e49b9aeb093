#include "tests/unit/runners/config_conversions.h"

#include <utility>

#include <gtest/gtest.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/v1/pretrain.pb.h"
#include "rankadaptor/v1/prune.pb.h"
#include "rankadaptor/v1/recover.pb.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/config/config_reader.h"
#include "runners/config/config_source.h"
#include "runners/llama/configured_recovery.h"
#include "runners/llama/configured_scoring.h"
#include "runners/llama/llama_options.h"
#include "runners/llama/pruning_options.h"
#include "runners/study/configured_search.h"
#include "runners/study/process_plan.h"
#include "runners/study/stated_space.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_tokenizer.h"
#include "tests/unit/runners/option_text.h"

namespace rankadaptor::runners {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

// What the configs name.
class Files {
 public:
  Files() {
    EXPECT_TRUE(WriteFileAtomically(
        folder_ / "config.json",
        R"({"model_type": "llama", "vocab_size": 32, "hidden_size": 32,
            "num_hidden_layers": 2, "num_attention_heads": 4,
            "intermediate_size": 64})"));
    EXPECT_TRUE(WriteFileAtomically(folder_ / "text.txt", "some words"));
  }
  ConfigSource source() const {
    return ConfigSource((folder_ / "config.yaml").string());
  }

 private:
  rankadaptor::testing::TemporaryFolder folder_;
};

std::string PlanText(const v1::SearchConfig& config) {
  const Files files;
  const auto plan = MakeEvaluatorPlan(config, files.source());
  return plan ? TextOf(**plan) : plan.error().message;
}

class OneTrial final : public TrialContext {
 public:
  int64_t trial_id() const override { return 0; }
  uint64_t seed() const override { return 1; }
  ItemSplit split() const override { return ItemSplit::kSearch; }
  bool cancelled() const override { return false; }
  void Report(double /*fraction_done*/, double /*value*/) override {}
};

template <typename T>
std::pair<const Descriptor*, Conversion> Of(
    std::string required, std::function<std::string(const T&)> meaning) {
  return {T::descriptor(),
          {std::move(required), [meaning](const Message& message) {
             return meaning(dynamic_cast<const T&>(message));
           }}};
}

std::string SearchText(const v1::SearchConfig& config) {
  v1::SearchConfig whole = config;
  auto& function = *whole.mutable_evaluator()->mutable_synthetic();
  function.set_family(v1::SyntheticEvaluator::FAMILY_ADD);
  function.set_num_layers(3);
  const auto plan = MakeEvaluatorPlan(whole, ConfigSource("")).value();
  return TextOf(StudyOptionsFrom(whole, *plan)) + StrategyName(whole) + " " +
         TextOf(StrategyOptionsFrom(whole, *plan)) +
         Text(MlpOptionsFrom(whole.search()).hidden_widths).str();
}

std::string SyntheticText(const v1::SyntheticEvaluator& evaluator) {
  v1::SearchConfig config;
  *config.mutable_evaluator()->mutable_synthetic() = evaluator;
  const auto plan = MakeEvaluatorPlan(config, ConfigSource("")).value();
  const CancellationFlag cancellation;
  auto made = plan->MakeEvaluator({NullLogSink(), cancellation, {}}).value();
  OneTrial trial;
  return Text(made->Evaluate(plan->space().feasible_configuration(), trial)
                  .value()
                  .objective)
      .str();
}

std::string LlamaText(const v1::LlamaEvaluator& evaluator) {
  v1::SearchConfig config;
  *config.mutable_evaluator()->mutable_llama() = evaluator;
  return PlanText(config) +
         Text(DeviceFrom(evaluator.device()), DtypeFrom(evaluator.dtype()))
             .str();
}

std::string RanksText(const v1::RankSpace& ranks) {
  v1::LlamaEvaluator evaluator;
  evaluator.set_model(".");
  evaluator.mutable_recovery()->mutable_data()->set_text("text.txt");
  auto& text = *evaluator.mutable_scoring()->add_heldout_texts();
  text.set_name("words");
  text.set_text_file("text.txt");
  *evaluator.mutable_ranks() = ranks;
  return LlamaText(evaluator);
}

std::string BitWidthText(const v1::BitWidthEvaluator& evaluator) {
  v1::SearchConfig config;
  *config.mutable_evaluator()->mutable_bit_widths() = evaluator;
  return PlanText(config) +
         Text(DeviceFrom(evaluator.device()), DtypeFrom(evaluator.dtype()))
             .str();
}

constexpr char kSparsity[] =
    "model: ., scoring: {heldout_texts: [{name: words, text_file: text.txt}]}, "
    "recovery: {data: {text: text.txt}}, pruning: {ratio: 0.5, criterion: l1, "
    "attention_layers: {start: 0, end: 2}, mlp_layers: {start: 0, end: 2}}";

std::string SparsityText(const v1::SparsityEvaluator& evaluator) {
  v1::SearchConfig config;
  *config.mutable_evaluator()->mutable_sparsity() = evaluator;
  return PlanText(config) +
         Text(DeviceFrom(evaluator.device()), DtypeFrom(evaluator.dtype()))
             .str();
}

// The least that a sparsity evaluator needs.
v1::SparsityEvaluator LeastSparsity() {
  v1::SparsityEvaluator evaluator;
  EXPECT_TRUE(
      ReadConfig(std::string("{") + kSparsity + "}", "", {}, &evaluator));
  return evaluator;
}

std::string RatiosText(const v1::RatioSpace& ratios) {
  v1::SparsityEvaluator evaluator = LeastSparsity();
  *evaluator.mutable_ratios() = ratios;
  return SparsityText(evaluator);
}

std::string LayerRanksText(const v1::LayerRanks& ranks) {
  v1::SparsityEvaluator evaluator = LeastSparsity();
  *evaluator.mutable_ranks() = ranks;
  return SparsityText(evaluator);
}

std::string LimitText(const v1::SumLimit& limit) {
  v1::SpaceConfig config;
  auto& parameter = *config.add_parameters();
  parameter.set_name("p");
  parameter.add_choices(1);
  *config.add_limits() = limit;
  const ConfigSource source("");
  const SearchSpace space = StatedSpace(config, ConfigField(source)).value();
  return space.constraints()[0].unit;
}

std::string RecoverText(const v1::RecoverConfig& config) {
  const ConfigSource source("");
  const auto method = RecoveryMethodFrom(config, ConfigField(source), 4);
  return (method ? TextOf(*method) : method.error().message) +
         Text(config.seed(),
              DeviceFrom(config.device()),
              DtypeFrom(config.dtype()))
             .str();
}

std::string AdaLoraText(const v1::AdaLora& adalora) {
  v1::RecoverConfig config;
  *config.mutable_adalora() = adalora;
  return RecoverText(config);
}

}  // namespace

std::map<const Descriptor*, Conversion> Conversions() {
  const std::string llama =
      "model: ., scoring: {heldout_texts: [{name: words, text_file: "
      "text.txt}]}";
  return {
      Of<v1::SearchConfig>(
          "schema_revision: 1, evaluator: {synthetic: {family: add, "
          "num_layers: 3}}",
          SearchText),
      Of<v1::SearchOptions>("",
                            [](const v1::SearchOptions& search) {
                              v1::SearchConfig config;
                              *config.mutable_search() = search;
                              return SearchText(config);
                            }),
      Of<v1::Convergence>("",
                          [](const v1::Convergence& convergence) {
                            v1::SearchConfig config;
                            *config.mutable_search()->mutable_convergence() =
                                convergence;
                            return SearchText(config);
                          }),
      Of<v1::Confirmation>("",
                           [](const v1::Confirmation& confirmation) {
                             v1::SearchConfig config;
                             *config.mutable_confirmation() = confirmation;
                             return SearchText(config);
                           }),
      Of<v1::SyntheticEvaluator>("family: add, num_layers: 3", SyntheticText),
      Of<v1::LlamaEvaluator>(llama + ", recovery: {data: {text: text.txt}}",
                             LlamaText),
      Of<v1::NestedRanks>("num_vectors: 4",
                          [](const v1::NestedRanks& nested) {
                            return TextOf(NestedPreviewOptionsFrom(nested));
                          }),
      Of<v1::RankSpace>("layers: {start: 0, end: 1}", RanksText),
      Of<v1::BitWidthEvaluator>(llama, BitWidthText),
      Of<v1::SparsityEvaluator>(kSparsity, SparsityText),
      Of<v1::RatioSpace>("", RatiosText),
      Of<v1::LayerRanks>("", LayerRanksText),
      Of<v1::PluginEvaluator>(
          "library: some, space: {parameters: [{name: p, choices: [1]}]}",
          [](const v1::PluginEvaluator& evaluator) {
            return evaluator.config();
          }),
      Of<v1::SumLimit>("max: 3", LimitText),
      Of<v1::RecoverConfig>(
          "schema_revision: 1, recovery: {data: {text: text.txt}}",
          RecoverText),
      Of<v1::AdaLora>("", AdaLoraText),
      Of<v1::Recovery>("data: {text: text.txt}",
                       [](const v1::Recovery& recovery) {
                         return TextOf(RecoveryOptionsFrom(recovery, "c"));
                       }),
      Of<v1::Lora>("",
                   [](const v1::Lora& lora) {
                     v1::Recovery recovery;
                     *recovery.mutable_lora() = lora;
                     return TextOf(LoraOptionsFrom(recovery, {}));
                   }),
      Of<v1::RecoveryData>("text: text.txt",
                           [](const v1::RecoveryData& data) {
                             return TextOf(InstructionOptionsFrom(data)) +
                                    TextOf(TextOptionsFrom(data));
                           }),
      Of<v1::Scoring>("",
                      [](const v1::Scoring& scoring) {
                        return TextOf(HeldOutOptionsFrom(scoring, "average"));
                      }),
      Of<v1::HeldoutText>("name: words, text_file: text.txt",
                          [](const v1::HeldoutText& text) {
                            return TextOf(TokenWindowOptionsFrom(text));
                          }),
      Of<v1::WidthPruning>(
          "ratio: 0.5, attention_layers: {start: 0, end: 1}, "
          "mlp_layers: {start: 0, end: 1}",
          [](const v1::WidthPruning& pruning) {
            const ConfigSource source("");
            return TextOf(
                WidthPruneOptionsFrom(pruning, ConfigField(source)).value());
          }),
      Of<v1::DepthPruning>("num_blocks: 1",
                           [](const v1::DepthPruning& pruning) {
                             return TextOf(DepthPruneOptionsFrom(pruning));
                           }),
      Of<v1::Calibration>("text_file: text.txt",
                          [](const v1::Calibration& calibration) {
                            return TextOf(
                                CalibrationOptionsFrom(calibration, 64));
                          }),
      Of<v1::Isolation>("",
                        [](const v1::Isolation& isolation) {
                          const auto options =
                              ProcessOptionsFrom(isolation, {});
                          return Text(options.heartbeat_timeout_seconds,
                                      options.start_timeout_seconds,
                                      options.max_retries)
                              .str();
                        }),
      Of<v1::PruneConfig>(
          "schema_revision: 1, pruning: {kept_indices: kept.json}",
          [](const v1::PruneConfig& config) {
            return Text(DeviceFrom(config.device()), DtypeFrom(config.dtype()))
                .str();
          }),
      Of<v1::PretrainConfig>(
          "schema_revision: 1, tokenizer: ., steps: 1, "
          "data: {text_file: text.txt}, model: {num_layers: 1, "
          "hidden_size: 8, num_heads: 1, intermediate_size: 8}",
          [](const v1::PretrainConfig& config) {
            return TextOf(PretrainingOptionsFrom(config)) +
                   Text(DtypeFrom(config.dtype())).str();
          }),
      Of<v1::PretrainingText>("text_file: text.txt",
                              [](const v1::PretrainingText& text) {
                                return text.document_separator();
                              }),
      Of<v1::ModelShape>(
          "num_layers: 1, hidden_size: 8, num_heads: 2, intermediate_size: 8",
          [](const v1::ModelShape& shape) {
            static const llama::Tokenizer tokenizer =
                rankadaptor::testing::TinyTokenizer();
            return TextOf(ModelConfigFrom(shape, tokenizer));
          }),
  };
}

}  // namespace rankadaptor::runners
