#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>

#include "rankadaptor/llama/model.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/golden/support/golden.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::Compared;
using rankadaptor::testing::GoldenCases;
using ::testing::FloatNear;
using ::testing::Pointwise;

// golden/README: logits 5e-5 absolute, mean NLL 5e-6 (other op order in fp32).
// One token's NLL is a logit less a log-sum: it may be off as far as a logit
// is; 1e-5 was seen.
constexpr float kLogitTolerance = 5e-5F;
constexpr float kTokenNllTolerance = 2e-5F;
constexpr double kMeanNllTolerance = 5e-6;
// bf16 is a sanity check only: logits within 0.25, mean NLL within 0.013.
constexpr float kBf16LogitTolerance = 0.25F;
constexpr double kBf16NllTolerance = 0.013;

std::vector<float> Row(const std::vector<float>& logits,
                       size_t row,
                       size_t width) {
  auto begin = logits.begin() + static_cast<std::ptrdiff_t>(row * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

int Argmax(const std::vector<float>& row) {
  return static_cast<int>(std::ranges::max_element(row) - row.begin());
}

double Mean(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

void CompareSentence(const Model& model, const nlohmann::json& sentence) {
  auto ids = sentence["ids"].get<std::vector<int32_t>>();
  std::vector<float> nlls = model.TokenNlls(ids).value();
  std::vector<float> logits = model.Logits(ids).value();
  const auto width = static_cast<size_t>(model.config().vocab_size);
  EXPECT_THAT(nlls,
              Pointwise(FloatNear(kTokenNllTolerance),
                        sentence["nll"].get<std::vector<float>>()));
  EXPECT_NEAR(
      Mean(nlls), sentence["mean_nll"].get<double>(), kMeanNllTolerance);
  EXPECT_THAT(Row(logits, ids.size() - 1, width),
              Pointwise(FloatNear(kLogitTolerance),
                        sentence["last_logits"].get<std::vector<float>>()));
  std::vector<int> argmax;
  for (size_t t = 0; t < ids.size(); ++t) {
    argmax.push_back(Argmax(Row(logits, t, width)));
  }
  EXPECT_EQ(argmax, sentence["argmax_per_position"].get<std::vector<int>>());
  Compared(static_cast<int64_t>(nlls.size() + width + argmax.size() + 1));
}

void CompareTrace(const Model& model, const nlohmann::json& trace) {
  c10::NoGradGuard no_grad;
  auto ids = trace["ids"].get<std::vector<int64_t>>();
  std::vector<at::Tensor> hidden;
  internal::ForwardOptions options;
  options.trace = &hidden;
  at::Tensor last =
      model.transformer().HiddenStates(at::tensor(ids).unsqueeze(0), options);
  hidden.back() = last;  // the reference's last entry is after the final norm
  const nlohmann::json& expected = trace["hidden_states_last_pos"];
  ASSERT_EQ(hidden.size(), expected.size());
  for (size_t i = 0; i < hidden.size(); ++i) {
    at::Tensor actual = hidden[i][0][-1].contiguous();
    auto values = expected[i].get<std::vector<float>>();
    EXPECT_THAT(
        std::vector<float>(actual.const_data_ptr<float>(),
                           actual.const_data_ptr<float>() + actual.numel()),
        Pointwise(FloatNear(kLogitTolerance), values))
        << "layer " << i;
    Compared(static_cast<int64_t>(values.size()));
  }
}

TEST(GoldenForward, LogitsAndLossesMatch) {
  RA_SKIP_WITHOUT_GOLDEN();
  auto cases = GoldenCases("forward", "forward_");
  ASSERT_FALSE(cases.empty());
  for (const auto& golden : cases) {
    SCOPED_TRACE(golden.name);
    Model model = Model::Load(golden.model, {}).value();
    for (const nlohmann::json& sentence : golden.data["sentences"]) {
      CompareSentence(model, sentence);
    }
    CompareTrace(model, golden.data["trace"]);
  }
}

TEST(GoldenForward, BFloat16IsClose) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const auto& golden : GoldenCases("forward", "forward_bf16_")) {
    SCOPED_TRACE(golden.name);
    Model model =
        Model::Load(golden.model, {.dtype = Dtype::kBFloat16}).value();
    const auto width = static_cast<size_t>(model.config().vocab_size);
    for (const nlohmann::json& sentence : golden.data["sentences"]) {
      auto ids = sentence["ids"].get<std::vector<int32_t>>();
      EXPECT_THAT(Row(model.Logits(ids).value(), ids.size() - 1, width),
                  Pointwise(FloatNear(kBf16LogitTolerance),
                            sentence["last_logits"].get<std::vector<float>>()));
      EXPECT_NEAR(Mean(model.TokenNlls(ids).value()),
                  sentence["mean_nll_fp32_of_bf16_logits"].get<double>(),
                  kBf16NllTolerance);
      Compared(static_cast<int64_t>(width) + 1);
    }
  }
}

}  // namespace
}  // namespace rankadaptor::llama
