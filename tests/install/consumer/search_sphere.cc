// A linked-in evaluator and the engine, 30 lines.
#include <cstdio>

#include "sphere.h"

#include "rankadaptor/common/version.h"
#include "rankadaptor/graph/dependency_graph.h"
#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/surrogate/structured_model.h"

#if __has_include(<ATen/ATen.h>) || __has_include(<torch/torch.h>)
#error "LibTorch is on the include path"
#endif

using namespace rankadaptor;  // NOLINT

Result<StudySummary> Search() {
  const std::vector<double> choices = {-2, -1, 0, 1, 2};
  std::vector<Parameter> parameters;
  for (int i = 0; i < 6; ++i) {
    parameters.push_back({"x" + std::to_string(i), choices});
  }
  RA_ASSIGN_OR_RETURN(auto space, SearchSpace::Create(parameters));
  Sphere sphere(space);
  MemoryStore store;
  StudyParts parts;
  parts.evaluator = &sphere;
  parts.store = &store;
  RA_ASSIGN_OR_RETURN(parts.strategy,
                      MakeStrategy(kDefaultStrategy, space, {}));
  StudyOptions options;
  options.convergence_rounds = 0;  // all 40 trials
  RA_ASSIGN_OR_RETURN(auto study,
                      Study::Create(options, space, std::move(parts)));
  return study->Run();
}

int main() {
  const Result<StudySummary> summary = Search();
  if (!summary) {
    std::printf("%s\n", summary.error().message.c_str());
    return 1;
  }
  const double best =
      summary->candidates.at(*summary->best).objective.mean.value();
  std::printf("RankAdaptor %s found %g\n", kVersion, best);
  return best > -2.5 ? 0 : 1;  // a random trial has -12 on average
}
