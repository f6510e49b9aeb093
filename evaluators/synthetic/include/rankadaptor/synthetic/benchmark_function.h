// Closed-form objectives over d layers with one of the ranks 2, 4, ..., 12
// each, to be maximised. They are cheap, reproducible bit for bit in any
// language (IEEE doubles, + - * / in a fixed order), and differ in what makes a
// search hard:
//
//   add   additive: every layer saturates at its own pace and may overfit, and
//         ranks above a budget of mean 6.5 are penalised
//   pair  add, and neighbouring layers interact
//   nk    rugged and unordered: each layer's contribution is a random function
//         of its own level and of two others' (Kauffman's NK model)
//   nk1   nk with one other layer
//   xfer  nine related tasks, each a pair function with perturbed parameters,
//         scale and offset; task 0 is the target, 1 to 8 are sources
//
// Thread-safety: immutable.
#ifndef RANKADAPTOR_SYNTHETIC_BENCHMARK_FUNCTION_H_
#define RANKADAPTOR_SYNTHETIC_BENCHMARK_FUNCTION_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::synthetic {

enum class BenchmarkFamily { kAdd, kPair, kNk, kNk1, kXfer };

// kInvalidArgument if `name` is not one of "add", "pair", "nk", "nk1", "xfer".
Result<BenchmarkFamily> ParseBenchmarkFamily(std::string_view name);

inline constexpr int kNumLevels = 6;       // ranks 2, 4, ..., 12
inline constexpr int kNumSourceTasks = 8;  // of family xfer

struct BenchmarkProblem {
  BenchmarkFamily family = BenchmarkFamily::kPair;
  int num_layers = 26;    // 3 to 4096
  uint64_t instance = 0;  // another one is another function of the same kind
  int task = 0;           // 0 to kNumSourceTasks for family xfer, else 0
};

class BenchmarkFunction {
 public:
  // kInvalidArgument names the field of `problem` that is out of range.
  static Result<BenchmarkFunction> Create(const BenchmarkProblem& problem);

  int num_layers() const { return problem_.num_layers; }

  // The noise-free objective. Requires one level in [0, kNumLevels) per layer.
  double Value(std::span<const int32_t> levels) const;

  // What seeds everything random about this instance.
  uint64_t instance_seed() const { return instance_seed_; }

  // The 2000 random points by which mean and spread are defined.
  std::vector<std::vector<int32_t>> CalibrationPoints() const;

  // Mean and population standard deviation over the calibration points.
  struct Moments {
    double mean = 0;
    double standard_deviation = 0;
  };
  Moments CalibrationMoments() const;

 private:
  using Table = std::array<double, kNumLevels>;

  explicit BenchmarkFunction(const BenchmarkProblem& problem);
  void DrawNk();
  void DrawSmooth();
  double NkValue(std::span<const int32_t> levels) const;
  double SmoothValue(std::span<const int32_t> levels) const;

  BenchmarkProblem problem_;
  uint64_t instance_seed_ = 0;

  // Families nk and nk1.
  std::vector<std::vector<int>> neighbours_;  // [num_layers]

  // The others.
  std::vector<Table> gains_;                                 // [num_layers]
  std::vector<Table> costs_;                                 // [num_layers]
  std::vector<std::array<Table, kNumLevels>> interactions_;  // with the next
  double cost_limit_ = 0;
  double penalty_ = 0;
  double scale_ = 1;
  double offset_ = 0;
};

// The space that the functions are defined on: parameters "layer 0", ... with
// ranks 2 to 12, without a budget.
SearchSpace BenchmarkSpace(int num_layers);

// Noisy measurements of a source task of family xfer at 200 random points.
struct SourceData {
  std::vector<std::vector<int32_t>> levels;
  std::vector<double> values;
};

// `problem.task` says which, 1 to kNumSourceTasks; errors as Create().
Result<SourceData> MakeSourceData(const BenchmarkProblem& problem);

}  // namespace rankadaptor::synthetic

#endif  // RANKADAPTOR_SYNTHETIC_BENCHMARK_FUNCTION_H_
