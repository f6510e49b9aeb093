// Loads evaluators/template, built by itself, and measures one configuration.
#include <cstdio>

#include "rankadaptor/plugin/plugin_library.h"

using namespace rankadaptor;  // NOLINT

namespace {

class Context final : public TrialContext {
 public:
  int64_t trial_id() const override { return 0; }
  uint64_t seed() const override { return 0; }
  ItemSplit split() const override { return ItemSplit::kSearch; }
  bool cancelled() const override { return false; }
  void Report(double, double) override {}
};

Result<double> Measure(const char* file, const char* centre) {
  RA_ASSIGN_OR_RETURN(SearchSpace space,
                      SearchSpace::Create({{"x", {1, 2}}, {"y", {3, 4}}}));
  RA_ASSIGN_OR_RETURN(auto library, plugin::PluginLibrary::Open(file));
  RA_ASSIGN_OR_RETURN(auto evaluator, library.MakeEvaluator(space, centre));
  Context context;
  RA_ASSIGN_OR_RETURN(Measurement measured,
                      evaluator->Evaluate({{0, 1}}, context));
  return measured.objective;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Result<double> measured = Measure(argv[1], "2");
  const Result<double> refused = Measure(argv[1], "two");
  std::printf("%s\n",
              measured ? std::to_string(*measured).c_str()
                       : measured.error().message.c_str());
  return measured == -1.0 - 4.0 && !refused ? 0 : 1;
}
