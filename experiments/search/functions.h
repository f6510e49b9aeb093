// The functions that strategies are compared on: the benchmark families of
// evaluators/synthetic, and others of this experiment's own that have different
// structure. All are over d layers of six levels and are maximised.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_EXPERIMENTS_SEARCH_FUNCTIONS_H_
#define RANKADAPTOR_EXPERIMENTS_SEARCH_FUNCTIONS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/strategy.h"

namespace rankadaptor::experiments {

using Function = std::function<double(std::span<const int32_t>)>;

// Which past studies a run is given.
enum class SourceKind {
  kNone,
  kRelated,
  kUnrelated,
  kSameSize,  // related ones with as many layers, for family `depth`
};

// Of "none", "related", "unrelated" or "same_size"; kInvalidArgument otherwise.
Result<SourceKind> ParseSourceKind(const std::string& name);

struct Problem {
  std::string family;
  int num_layers = 26;
  uint64_t instance = 0;
};

// The families of evaluators/synthetic, and
//
//   permuted  pair with its layers in random order
//   sparse    six layers matter, in pairs; the others do nothing
//   triple    products of three random layers' levels
//   valley    the weighted sum of all levels should hit a target, plus weak
//             effects of single layers
//   tables    random tables over single layers and over random pairs: no order
//             among levels, no distance among layers
//   depth     see depth_function.h
//
// Errors as BenchmarkFunction::Create.
Result<Function> MakeFunction(const Problem& problem);

// Noise for the n-th evaluation of a run, standard deviation 1.
Result<std::vector<double>> MakeNoise(const Problem& problem, int count);

struct Moments {
  double mean = 0;
  double deviation = 0;
};
// Over 2000 random points.
Result<Moments> RandomMoments(const Problem& problem);

// The best value that a long local search finds.
double LongSearch(const Function& function, int num_layers, uint64_t seed);

// What strategies are told of the space. Errors as MakeFunction.
Result<SearchSpace> MakeSpace(const Problem& problem);

// The eight related tasks of family xfer, or studies of 32 layers for `depth`;
// kUnrelated takes the next instance's.
Result<std::vector<SourceStudy>> MakeSources(const Problem& problem,
                                             SourceKind kind);

}  // namespace rankadaptor::experiments

#endif  // RANKADAPTOR_EXPERIMENTS_SEARCH_FUNCTIONS_H_
