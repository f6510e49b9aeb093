#include "rankadaptor/plugin/plugin_library.h"

#include <fstream>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "tests/support/temporary_folder.h"

namespace rankadaptor::plugin {
namespace {

using ::testing::HasSubstr;

SearchSpace Space() {
  return SearchSpace::Create({{"width", {1, 2, 3}},
                              CategoricalParameter("norm", {"rms", "batch"})})
      .value();
}

std::filesystem::path FileOf(const std::string& name) {
  return std::filesystem::path(PLUGIN_FOLDER) / (name + ".so");
}

Result<std::unique_ptr<Evaluator>> Sphere(std::string_view config) {
  RA_ASSIGN_OR_RETURN(PluginLibrary library,
                      PluginLibrary::Open(FileOf("sphere_plugin")));
  return library.MakeEvaluator(Space(), config);
}

class Context final : public TrialContext {
 public:
  int64_t trial_id() const override { return 3; }
  uint64_t seed() const override { return 11; }
  ItemSplit split() const override { return ItemSplit::kConfirm; }
  bool cancelled() const override { return cancel; }
  void Report(double fraction_done, double value) override {
    reported = {fraction_done, value};
  }

  bool cancel = false;
  std::pair<double, double> reported;
};

// What a trial with this config ends with.
Error ErrorOfTrial(std::string_view config, bool cancel = false) {
  auto evaluator = Sphere(config);
  if (!evaluator) return evaluator.error();
  Context context;
  context.cancel = cancel;
  auto measured = (*evaluator)->Evaluate({{0, 0}}, context);
  return measured ? Error{} : measured.error();
}

Error ErrorOfOpening(const std::filesystem::path& file) {
  auto library = PluginLibrary::Open(file);
  return library ? Error{} : library.error();
}

TEST(PluginLibrary, MeasuresWhatTheLibraryMeasures) {
  auto evaluator = Sphere("");
  ASSERT_TRUE(evaluator.has_value()) << evaluator.error().message;
  Context context;
  auto measured = (*evaluator)->Evaluate({{2, 1}}, context);
  ASSERT_TRUE(measured.has_value()) << measured.error().message;
  EXPECT_EQ(measured->objective, -9 - 1);
  EXPECT_THAT(
      measured->metrics,
      ::testing::ElementsAre(
          Metric{"seed", 11}, Metric{"confirm", 1}, Metric{"labels", 2}));
  EXPECT_EQ(context.reported, std::pair(0.5, 7.0));
}

TEST(PluginLibrary, SaysWhatTheLibrarySaysOfItself) {
  auto library = PluginLibrary::Open(FileOf("sphere_plugin"));
  ASSERT_TRUE(library.has_value()) << library.error().message;
  EXPECT_STREQ(library->name(), "test.sphere");
  EXPECT_STREQ(library->version(), "1.2");
  EXPECT_FALSE(library->thread_safe());
  EXPECT_TRUE(library->deterministic());
  auto evaluator = library->MakeEvaluator(Space(), "");
  ASSERT_TRUE(evaluator.has_value());
  EXPECT_EQ((*evaluator)->capabilities().name, "test.sphere");
  EXPECT_FALSE((*evaluator)->capabilities().thread_safe);
}

TEST(PluginLibrary, TwoOfALibraryAreTwo) {
  auto good = Sphere("");
  auto bad = Sphere("nan");
  ASSERT_TRUE(good.has_value() && bad.has_value());
  Context context;
  EXPECT_FALSE((*bad)->Evaluate({{0, 0}}, context).has_value());
  EXPECT_TRUE((*good)->Evaluate({{0, 0}}, context).has_value());
}

TEST(PluginLibrary, ConfigThatThePluginRefusesIsAnError) {
  const Error error = ErrorOfTrial("refuse");
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message, "test.sphere: config 'refuse' is not known");
}

TEST(PluginLibrary, ExceptionsBecomeErrors) {
  EXPECT_EQ(ErrorOfTrial("throw").message, "test.sphere: no such GPU");
  EXPECT_EQ(ErrorOfTrial("throw in a trial").message,
            "test.sphere: out of memory");
  EXPECT_EQ(ErrorOfTrial("throw a number").message,
            "test.sphere: it threw something that is no std::exception");
}

TEST(PluginLibrary, ErrorsOfATrialKeepTheirCodes) {
  EXPECT_EQ(ErrorOfTrial("infeasible").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOfTrial("", /*cancel=*/true).code, ErrorCode::kCancelled);
  EXPECT_EQ(ErrorOfTrial("throw in a trial").code, ErrorCode::kInternal);
}

TEST(PluginLibrary, ObjectivesAreFinite) {
  EXPECT_EQ(ErrorOfTrial("nan").message,
            "test.sphere: returned the objective nan, which is not finite");
}

TEST(PluginLibrary, AMissingFileIsNotFound) {
  const Error error = ErrorOfOpening("/no/such/plugin.so");
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.message, "/no/such/plugin.so: there is no such file");
}

TEST(PluginLibrary, AFileThatIsNoLibraryIsRefused) {
  testing::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "text.so";
  std::ofstream(file) << "not a library";
  EXPECT_THAT(ErrorOfOpening(file).message,
              HasSubstr("text.so: cannot be loaded: "));
}

struct Refusal {
  const char* plugin;
  ErrorCode code;
  const char* message;
};

class BrokenPlugin : public ::testing::TestWithParam<Refusal> {};

TEST_P(BrokenPlugin, IsRefusedWithItsOwnMessage) {
  const Error error = ErrorOfOpening(FileOf(GetParam().plugin));
  EXPECT_EQ(error.code, GetParam().code);
  EXPECT_THAT(error.message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BrokenPlugin,
    ::testing::Values(
        Refusal{"broken_no_entry",
                ErrorCode::kInvalidArgument,
                "is no evaluator plug-in: it does not export "
                "ra_evaluator_plugin_entry"},
        Refusal{"broken_refuses_host",
                ErrorCode::kFailedPrecondition,
                "does not speak version 1.1 of the plug-in interface"},
        Refusal{"broken_other_major",
                ErrorCode::kFailedPrecondition,
                "is for version 99.1 of the plug-in interface, this program "
                "has 1.1"},
        Refusal{"broken_short",
                ErrorCode::kFailedPrecondition,
                "describes itself in 16 bytes"},
        Refusal{"broken_nameless",
                ErrorCode::kFailedPrecondition,
                "does not say its name"},
        Refusal{"broken_no_evaluate",
                ErrorCode::kFailedPrecondition,
                "lacks create, evaluate or destroy"},
        Refusal{"broken_unresolved",
                ErrorCode::kInvalidArgument,
                "ra_of_another_build"}),
    [](const auto& test) { return std::string(test.param.plugin); });

TEST(PluginLibrary, AnEvaluatorThatIsNotCreatedIsAnError) {
  auto library = PluginLibrary::Open(FileOf("broken_creates_nothing"));
  ASSERT_TRUE(library.has_value()) << library.error().message;
  auto evaluator = library->MakeEvaluator(Space(), "");
  ASSERT_FALSE(evaluator.has_value());
  EXPECT_EQ(evaluator.error().message, "test.broken: created nothing");
}

}  // namespace
}  // namespace rankadaptor::plugin
