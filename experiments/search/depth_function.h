// Family `depth`: layers whose effects change smoothly with their relative
// depth, as those of a model's layers do, so that studies of models of other
// sizes have something to say. Each layer has a best level and a weight,
// neighbours interact, all of them smooth random functions of depth.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_EXPERIMENTS_SEARCH_DEPTH_FUNCTION_H_
#define RANKADAPTOR_EXPERIMENTS_SEARCH_DEPTH_FUNCTION_H_

#include <cstdint>
#include <vector>

#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"

#include "experiments/search/functions.h"

namespace rankadaptor::experiments {

// Past studies have this many layers.
inline constexpr int kNumSourceLayers = 32;

Function MakeDepthFunction(int num_layers, uint64_t instance);

// BenchmarkSpace() with the layers' relative depth as a descriptor.
SearchSpace DepthSpace(int num_layers);

// Eight studies of variants of the instance, in a space of `num_layers`: 60
// random configurations each, with noise of 0.3 standard deviations.
std::vector<SourceStudy> MakeDepthSources(int num_layers, uint64_t instance);

}  // namespace rankadaptor::experiments

#endif  // RANKADAPTOR_EXPERIMENTS_SEARCH_DEPTH_FUNCTION_H_
