#include "evaluators/llama/model/transformer.h"

#include <cmath>
#include <numbers>

#include <c10/core/GradMode.h>
#include <gmock/gmock.h>

#include "tests/support/random_model.h"

namespace rankadaptor::llama::internal {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using Matrix = std::vector<std::vector<double>>;

// The forward pass once more, in plain double loops straight from spec 7.
class PlainForward {
 public:
  explicit PlainForward(const Transformer& transformer)
      : config_(transformer.config()), weights_(transformer.weights()) {}

  Matrix Logits(const std::vector<int64_t>& ids) const {
    Matrix hidden;
    for (int64_t id : ids) hidden.push_back(Row(weights_.embed_tokens, id));
    for (int i = 0; i < config_.num_layers(); ++i) Layer(i, hidden);
    Matrix logits;
    for (auto& h : hidden) {
      logits.push_back(Times(
          weights_.lm_head.defined() ? weights_.lm_head : weights_.embed_tokens,
          Norm(h, weights_.final_norm)));
    }
    return logits;
  }

 private:
  static std::vector<double> Row(const at::Tensor& matrix, int64_t row) {
    at::Tensor r = matrix[row].to(at::kDouble).contiguous();
    return {r.const_data_ptr<double>(), r.const_data_ptr<double>() + r.numel()};
  }
  static std::vector<double> Times(const at::Tensor& matrix,
                                   const std::vector<double>& x) {
    std::vector<double> y;
    for (int64_t i = 0; i < matrix.size(0); ++i) {
      std::vector<double> row = Row(matrix, i);
      double sum = 0;
      for (size_t j = 0; j < x.size(); ++j) sum += row[j] * x[j];
      y.push_back(sum);
    }
    return y;
  }
  std::vector<double> Norm(const std::vector<double>& x,
                           const at::Tensor& weight) const {
    double sum = 0;
    for (double v : x) sum += v * v;
    double scale = 1 / std::sqrt(sum / static_cast<double>(x.size()) +
                                 config_.rms_norm_eps);
    std::vector<double> y(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = x[i] * scale * weight[static_cast<int64_t>(i)].item<double>();
    }
    return y;
  }
  double Frequency(int64_t k) const {
    const auto d = static_cast<double>(config_.head_dim);
    double f = std::pow(config_.rope_theta, -2.0 * static_cast<double>(k) / d);
    if (!config_.rope_scaling) return f;
    const Llama3RopeScaling& s = *config_.rope_scaling;
    const auto original =
        static_cast<double>(s.original_max_position_embeddings);
    double wavelength = 2 * std::numbers::pi / f;
    if (wavelength > original / s.low_freq_factor) return f / s.factor;
    if (wavelength < original / s.high_freq_factor) return f;
    double share = (original / wavelength - s.low_freq_factor) /
                   (s.high_freq_factor - s.low_freq_factor);
    return (1 - share) * f / s.factor + share * f;
  }
  void Rotate(std::vector<double>& x, int64_t head, int64_t position) const {
    const int64_t half = config_.head_dim / 2;
    for (int64_t k = 0; k < half; ++k) {
      double angle = static_cast<double>(position) * Frequency(k);
      double& a = x[head * config_.head_dim + k];
      double& b = x[head * config_.head_dim + half + k];
      double rotated = a * std::cos(angle) - b * std::sin(angle);
      b = b * std::cos(angle) + a * std::sin(angle);
      a = rotated;
    }
  }
  // One head of one position over its past.
  std::vector<double> Attend(const Matrix& q,
                             const Matrix& k,
                             const Matrix& v,
                             size_t position,
                             int64_t head,
                             int64_t kv_head) const {
    const int64_t d = config_.head_dim;
    std::vector<double> weights;
    double total = 0;
    for (size_t j = 0; j <= position; ++j) {
      double dot = 0;
      for (int64_t c = 0; c < d; ++c) {
        dot += q[position][head * d + c] * k[j][kv_head * d + c];
      }
      weights.push_back(std::exp(dot / std::sqrt(static_cast<double>(d))));
      total += weights.back();
    }
    std::vector<double> out(d, 0.0);
    for (size_t j = 0; j <= position; ++j) {
      for (int64_t c = 0; c < d; ++c) {
        out[c] += weights[j] / total * v[j][kv_head * d + c];
      }
    }
    return out;
  }
  void Layer(int index, Matrix& hidden) const {
    const LayerWeights& w = weights_.layers[index];
    const LayerShape& shape = config_.layers[index];
    Matrix q, k, v;
    for (size_t t = 0; t < hidden.size(); ++t) {
      auto x = Norm(hidden[t], w.input_norm);
      q.push_back(Times(w[Projection::kQ], x));
      k.push_back(Times(w[Projection::kK], x));
      v.push_back(Times(w[Projection::kV], x));
      for (int64_t h = 0; h < shape.num_heads; ++h) {
        Rotate(q.back(), h, static_cast<int64_t>(t));
      }
      for (int64_t h = 0; h < shape.num_kv_heads; ++h) {
        Rotate(k.back(), h, static_cast<int64_t>(t));
      }
    }
    const int64_t repeat = shape.num_heads / shape.num_kv_heads;
    for (size_t t = 0; t < hidden.size(); ++t) {
      std::vector<double> mixed;
      for (int64_t h = 0; h < shape.num_heads; ++h) {
        auto head = Attend(q, k, v, t, h, h / repeat);
        mixed.insert(mixed.end(), head.begin(), head.end());
      }
      Add(hidden[t], Times(w[Projection::kO], mixed));
      auto x = Norm(hidden[t], w.post_attention_norm);
      auto gate = Times(w[Projection::kGate], x);
      auto up = Times(w[Projection::kUp], x);
      for (size_t c = 0; c < gate.size(); ++c) {
        up[c] *= gate[c] / (1 + std::exp(-gate[c]));
      }
      Add(hidden[t], Times(w[Projection::kDown], up));
    }
  }
  static void Add(std::vector<double>& x, const std::vector<double>& y) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  const LlamaConfig& config_;
  const Weights& weights_;
};

const std::vector<int64_t> kIds = {1, 5, 9, 30, 2, 2, 17, 4, 8, 31};

void ExpectForwardMatchesPlainLoops(const LlamaConfig& config) {
  c10::NoGradGuard no_grad;
  Model model = RandomModel(config, 3);
  const Transformer& transformer = model.transformer();
  at::Tensor ids = at::tensor(kIds).unsqueeze(0);
  at::Tensor logits = transformer.Logits(transformer.HiddenStates(ids))[0];
  Matrix expected = PlainForward(transformer).Logits(kIds);
  for (int64_t t = 0; t < logits.size(0); ++t) {
    for (int64_t c = 0; c < logits.size(1); ++c) {
      ASSERT_NEAR(logits[t][c].item<double>(), expected[t][c], 5e-5)
          << "position " << t << " id " << c;
    }
  }
}

TEST(Transformer, MatchesPlainLoopsWithGqaAndPerLayerShapes) {
  ExpectForwardMatchesPlainLoops(SmallConfig());
}

TEST(Transformer, MatchesPlainLoopsWithUntiedHeadAndOtherTheta) {
  LlamaConfig config = SmallConfig();
  config.tie_word_embeddings = false;
  config.rope_theta = 500.0;
  ExpectForwardMatchesPlainLoops(config);
}

TEST(Transformer, MatchesPlainLoopsWithLlama3RopeScaling) {
  LlamaConfig config = SmallConfig();
  config.head_dim = 8;  // wavelengths 6.3, 62.8, 628: all three bands
  config.rope_theta = 10000.0;
  config.rope_scaling = Llama3RopeScaling{8, 1, 4, 128};
  ExpectForwardMatchesPlainLoops(config);
}

// Rows of a batch do not see each other, nor padding on the right.
TEST(Transformer, RightPaddingChangesNothing) {
  c10::NoGradGuard no_grad;
  Model model = RandomModel(SmallConfig(), 4);
  const Transformer& transformer = model.transformer();
  at::Tensor shorter = at::tensor({3, 4, 5}, at::kLong).unsqueeze(0);
  at::Tensor padded = at::constant_pad_nd(shorter, {0, 4}, 0);
  at::Tensor batch = at::cat({padded, at::full_like(padded, 7)});
  EXPECT_TRUE(at::allclose(transformer.HiddenStates(batch)[0].narrow(0, 0, 3),
                           transformer.HiddenStates(shorter)[0],
                           1e-5,
                           1e-5));
}

// RoPE is relative: a masked prefix only shifts the positions.
TEST(Transformer, MaskedLeftPaddingChangesNothing) {
  c10::NoGradGuard no_grad;
  Model model = RandomModel(SmallConfig(), 4);
  const Transformer& transformer = model.transformer();
  at::Tensor shorter = at::tensor({3, 4, 5}, at::kLong).unsqueeze(0);
  at::Tensor padded = at::constant_pad_nd(shorter, {2, 0}, 0);
  ForwardOptions options;
  options.attention_mask = at::ones_like(padded).to(at::kBool);
  options.attention_mask.narrow(1, 0, 2).fill_(false);
  at::Tensor hidden = transformer.HiddenStates(padded, options);
  EXPECT_TRUE(hidden.isfinite().all().item<bool>());
  EXPECT_TRUE(at::allclose(hidden[0].narrow(0, 2, 3),
                           transformer.HiddenStates(shorter)[0],
                           1e-4,
                           1e-4));
}

TEST(Transformer, LoraAddsTheScaledLowRankUpdate) {
  c10::NoGradGuard no_grad;
  Model model = RandomModel(SmallConfig(), 5);
  Weights merged = model.transformer().weights();
  LoraModules lora;
  lora.layers.resize(3);
  at::manual_seed(0);
  for (int p = 0; p < kNumProjections; ++p) {
    auto projection = static_cast<Projection>(p);
    at::Tensor& weight = merged.layers[1][projection];
    LoraModule& module = lora.layers[1][p];
    module = {
        at::randn({2, weight.size(1)}), at::randn({weight.size(0), 2}), 0.125};
    weight = weight + module.scale * at::matmul(module.b, module.a);
  }
  at::Tensor ids = at::tensor(kIds).unsqueeze(0);
  ForwardOptions options;
  options.lora = &lora;
  at::Tensor adapted = model.transformer().HiddenStates(ids, options);
  Transformer expected(model.config(), merged);
  EXPECT_TRUE(at::allclose(adapted, expected.HiddenStates(ids), 1e-4, 1e-4));
  EXPECT_FALSE(
      at::allclose(adapted, model.transformer().HiddenStates(ids), 1e-4, 1e-4));
}

TEST(Transformer, FrozenWeightsGetNoGradient) {
  Model model = RandomModel(SmallConfig(), 5);
  LoraModules lora;
  lora.layers.resize(3);
  lora.layers[0][0] = {at::randn({2, 16}).set_requires_grad(true),
                       at::zeros({16, 2}).set_requires_grad(true),
                       1};
  ForwardOptions options;
  options.lora = &lora;
  at::Tensor ids = at::tensor(kIds).unsqueeze(0);
  LossSum loss = NextTokenLoss(
      model.transformer(), model.transformer().HiddenStates(ids, options), ids);
  loss.sum.backward();
  EXPECT_EQ(loss.num_targets, 9);
  EXPECT_TRUE(lora.layers[0][0].b.grad().defined());
  for (const auto& [name, tensor] :
       NamedTensors(model.transformer().weights())) {
    EXPECT_FALSE(tensor.grad().defined()) << name;
  }
}

TEST(NextTokenLoss, IgnoresMaskedLabels) {
  c10::NoGradGuard no_grad;
  Model model = RandomModel(SmallConfig(), 6);
  at::Tensor ids = at::tensor(kIds).unsqueeze(0);
  at::Tensor labels = ids.clone();
  labels.narrow(1, 0, 6).fill_(-100);
  at::Tensor hidden = model.transformer().HiddenStates(ids);
  LossSum loss = NextTokenLoss(model.transformer(), hidden, labels);
  std::vector<float> nlls = model.TokenNlls({kIds.begin(), kIds.end()}).value();
  double expected = 0;
  for (size_t i = 5; i < nlls.size(); ++i) expected += nlls[i];
  EXPECT_EQ(loss.num_targets, 4);
  EXPECT_NEAR(loss.sum.item<double>(), expected, 1e-4);
}

// Spec 7.3: round to bf16 first, then multiply by the weight.
TEST(Transformer, NormRoundsBeforeTheWeightInBFloat16) {
  c10::NoGradGuard no_grad;
  LlamaConfig config = SmallConfig();
  config.layers.clear();  // embedding and final norm only
  Model wide = RandomModel(config, 7);
  Weights narrow = wide.transformer().weights();
  narrow.embed_tokens = narrow.embed_tokens.to(at::kBFloat16);
  narrow.final_norm = narrow.final_norm.to(at::kBFloat16);
  Transformer transformer(config, narrow);
  at::Tensor ids = at::arange(32).unsqueeze(0);
  at::Tensor x = narrow.embed_tokens.to(at::kFloat);
  at::Tensor scaled =
      x * at::rsqrt(x.square().mean(-1, true) + config.rms_norm_eps);
  at::Tensor rounded_first = scaled.to(at::kBFloat16) * narrow.final_norm;
  at::Tensor rounded_last =
      (scaled * narrow.final_norm.to(at::kFloat)).to(at::kBFloat16);
  at::Tensor actual = transformer.HiddenStates(ids)[0];
  EXPECT_TRUE(at::equal(actual, rounded_first));
  EXPECT_FALSE(at::equal(actual, rounded_last));
}

}  // namespace
}  // namespace rankadaptor::llama::internal
