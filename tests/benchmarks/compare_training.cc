// How the paper's performance model should be trained: LibTorch's Adam against
// Levenberg-Marquardt, on the benchmark functions over 26 layers with noise of
// half the functions' spread. Prints a Markdown table of seconds a training
// and of the error on unseen points (root mean square over the functions'
// standard deviation, 1 = predicting the mean), mean over instances 20-25.
//
//   compare_training
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/surrogate/mlp_model.h"
#include "rankadaptor/surrogate/neural_ensemble.h"
#include "rankadaptor/synthetic/benchmark_function.h"

namespace rankadaptor {
namespace {

using synthetic::BenchmarkFamily;
using synthetic::BenchmarkFunction;

constexpr int kLayers = 26;
constexpr int kUnseen = 1000;
constexpr double kNoise = 0.5;  // of the function's standard deviation

struct Points {
  std::vector<int32_t> levels;   // [num_points, kLayers]
  std::vector<double> features;  // the same in [-1, 1]
  std::vector<double> values;    // standardised
};

Points MakePoints(const BenchmarkFunction& function,
                  int count,
                  double noise,
                  RandomStream& stream) {
  const BenchmarkFunction::Moments moments = function.CalibrationMoments();
  Points points;
  for (int p = 0; p < count; ++p) {
    for (int i = 0; i < kLayers; ++i) {
      const auto level =
          static_cast<int32_t>(stream.UniformInt(0, synthetic::kNumLevels - 1));
      points.levels.push_back(level);
      points.features.push_back(level / 2.5 - 1);
    }
    const double value = function.Value(std::span(points.levels).last(kLayers));
    points.values.push_back((value - moments.mean) /
                                moments.standard_deviation +
                            stream.Normal(0, noise));
  }
  return points;
}

struct Outcome {
  double seconds = 0;
  double error = 0;
};

double RootMeanSquare(const std::vector<double>& predictions,
                      const std::vector<double>& values) {
  double squares = 0;
  for (size_t p = 0; p < values.size(); ++p) {
    squares += (predictions[p] - values[p]) * (predictions[p] - values[p]);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

template <typename Train, typename Predict>
Outcome Measure(const Points& unseen, Train train, Predict predict) {
  const auto start = std::chrono::steady_clock::now();
  train();
  const std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  return {.seconds = seconds.count(),
          .error = RootMeanSquare(predict(), unseen.values)};
}

Outcome MeasureAdam(const Points& seen, const Points& unseen, uint64_t seed) {
  auto model = surrogate::MakeMlpModel(kLayers, {.seed = seed}).value();
  return Measure(
      unseen,
      [&] {
        RA_CHECK(model->Fit({seen.features, seen.values}).has_value());
      },
      [&] {
        std::vector<double> predictions(unseen.values.size());
        RA_CHECK(model->Predict(unseen.features, predictions).has_value());
        return predictions;
      });
}

Outcome MeasureLeastSquares(const Points& seen,
                            const Points& unseen,
                            uint64_t seed,
                            int num_networks,
                            bool with_products) {
  surrogate::NeuralEnsemble model(
      std::vector<surrogate::Dimension>(kLayers,
                                        {.num_levels = synthetic::kNumLevels}),
      {.seed = seed,
       .num_networks = num_networks,
       .with_products = with_products});
  return Measure(
      unseen,
      [&] { model.Fit(seen.levels, seen.values); },
      [&] {
        std::vector<double> predictions;
        for (size_t p = 0; p < unseen.values.size(); ++p) {
          predictions.push_back(model.ToScore(
              model
                  .Predict(
                      std::span(unseen.levels).subspan(p * kLayers, kLayers))
                  .mean));
        }
        return predictions;
      });
}

constexpr const char* kMethods[] = {
    "Adam", "LM, 1 network", "LM, ensemble", "LM, ensemble with products"};

Outcome MeasureMethod(size_t method,
                      const Points& seen,
                      const Points& unseen,
                      uint64_t seed) {
  if (method == 0) return MeasureAdam(seen, unseen, seed);
  return MeasureLeastSquares(
      seen,
      unseen,
      seed,
      method == 1 ? 1 : surrogate::NeuralEnsembleOptions().num_networks,
      method == 3);
}

void PrintRow(const std::string& family, int num_points) {
  constexpr uint64_t kFirst = 20;
  constexpr uint64_t kLast = 25;
  Outcome sums[std::size(kMethods)];
  for (uint64_t instance = kFirst; instance <= kLast; ++instance) {
    const auto function =
        BenchmarkFunction::Create(
            {.family = synthetic::ParseBenchmarkFamily(family).value(),
             .num_layers = kLayers,
             .instance = instance})
            .value();
    RandomStream stream(instance, "compare training");
    const Points seen = MakePoints(function, num_points, kNoise, stream);
    const Points unseen = MakePoints(function, kUnseen, 0, stream);
    for (size_t m = 0; m < std::size(kMethods); ++m) {
      const Outcome outcome = MeasureMethod(m, seen, unseen, instance);
      sums[m].seconds += outcome.seconds / (kLast - kFirst + 1);
      sums[m].error += outcome.error / (kLast - kFirst + 1);
    }
  }
  std::printf("| %s | %d |", family.c_str(), num_points);
  for (const Outcome& sum : sums) {
    std::printf(" %.3f s, %.3f |", sum.seconds, sum.error);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace
}  // namespace rankadaptor

int main() {
  std::cout << "| function | points |";
  for (const char* method : rankadaptor::kMethods) {
    std::cout << " " << method << " |";
  }
  std::cout << "\n|---|---|---|---|---|---|" << std::endl;
  for (const char* family : {"add", "pair", "nk"}) {
    for (int num_points : {25, 100, 400}) {
      rankadaptor::PrintRow(family, num_points);
    }
  }
}
