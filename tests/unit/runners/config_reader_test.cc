#include "runners/config/config_reader.h"

#include <gmock/gmock.h>

#include "rankadaptor/v1/prune.pb.h"
#include "rankadaptor/v1/search.pb.h"

namespace rankadaptor::runners {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kStudy[] = R"(schema_revision: 1
seed: 18446744073709551615
evaluator:
  synthetic:
    family: pair
    num_layers: 26
    noise: 0.5
search:
  hidden_widths: [32, 64]
  convergence: {threshold: 1e-3, rounds: 2}
)";

v1::SearchConfig Read(const std::string& text,
                      const std::vector<std::string>& overrides = {}) {
  v1::SearchConfig config;
  auto source = ReadConfig(text, "study.yaml", overrides, &config);
  EXPECT_TRUE(source) << source.error().message;
  return config;
}

std::string Problem(const std::string& text,
                    const std::vector<std::string>& overrides = {}) {
  v1::SearchConfig config;
  auto source = ReadConfig(text, "study.yaml", overrides, &config);
  if (source) return "";
  EXPECT_EQ(source.error().code, ErrorCode::kInvalidArgument);
  return source.error().message;
}

TEST(ConfigReader, ReadsEveryKindOfField) {
  v1::SearchConfig config = Read(kStudy);
  EXPECT_EQ(config.seed(), 18446744073709551615ULL);
  EXPECT_EQ(config.evaluator().synthetic().family(),
            v1::SyntheticEvaluator::FAMILY_PAIR);
  EXPECT_EQ(config.evaluator().synthetic().noise(), 0.5);
  EXPECT_THAT(config.search().hidden_widths(), ElementsAre(32, 64));
  EXPECT_EQ(config.search().convergence().threshold(), 1e-3);
  EXPECT_FALSE(config.has_workers());
}

TEST(ConfigReader, ReadsJsonThroughTheSameMessages) {
  v1::SearchConfig config = Read(
      "{\n\t\"schema_revision\": 1,\n\t\"evaluator\": {\"synthetic\": "
      "{\"family\": \"nk\", \"num_layers\": 5}}\n}\n");
  EXPECT_EQ(config.evaluator().synthetic().num_layers(), 5);
}

TEST(ConfigReader, OverridesReplaceWhatTheFileSays) {
  v1::SearchConfig config = Read(kStudy,
                                 {"seed=3",
                                  "search.hidden_widths=[8]",
                                  "search.convergence.rounds=5",
                                  "evaluator.synthetic.family=add",
                                  "seed=4"});
  EXPECT_EQ(config.seed(), 4);
  EXPECT_THAT(config.search().hidden_widths(), ElementsAre(8));
  EXPECT_EQ(config.search().convergence().rounds(), 5);
  EXPECT_EQ(config.search().convergence().threshold(), 1e-3);
  EXPECT_EQ(config.evaluator().synthetic().family(),
            v1::SyntheticEvaluator::FAMILY_ADD);
}

TEST(ConfigReader, OverridesMaySupplyWhatTheFileLacks) {
  v1::SearchConfig config =
      Read("schema_revision: 1\n",
           {"evaluator={synthetic: {family: nk, num_layers: 4}}"});
  EXPECT_EQ(config.evaluator().synthetic().num_layers(), 4);
}

TEST(ConfigReader, PlacesAreKeptForLaterProblems) {
  v1::SearchConfig config;
  auto source = ReadConfig(kStudy, "s.yaml", {"seed=2"}, &config);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->Find("evaluator.synthetic.noise"), "s.yaml:7:12");
  EXPECT_EQ(source->Find("search.hidden_widths[1]"), "s.yaml:9:23");
  EXPECT_EQ(source->Find("search.strategy"), "s.yaml:9:3");
  EXPECT_EQ(source->Find("workers"), "s.yaml");
  EXPECT_EQ(source->Find("seed"), "--set seed=2");
  EXPECT_EQ(ConfigField(*source)["seed"].Invalid("is odd").value().message,
            "--set seed=2: seed is odd");
}

TEST(ConfigReader, MissingFilesAreNotFound) {
  v1::SearchConfig config;
  auto source = ReadConfigFile("/nonexistent/a.yaml", {}, &config);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(source.error().message, StartsWith("/nonexistent/a.yaml"));
}

struct BadConfig {
  const char* name;
  const char* text;
  const char* problem;
};

class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigs, AreRefusedWithPlaceFieldAndWhatIsAllowed) {
  EXPECT_EQ(Problem(GetParam().text), GetParam().problem);
}

#define SYNTHETIC                                                        \
  "schema_revision: 1\nevaluator: {synthetic: {family: nk, num_layers: " \
  "4}}\n"

INSTANTIATE_TEST_SUITE_P(
    ConfigReader,
    BadConfigs,
    testing::Values(
        BadConfig{
            "Empty", "", "study.yaml: the config is empty; allowed: a mapping"},
        BadConfig{"List",
                  "- 1\n",
                  "study.yaml:1:1: the config is a list; allowed: a mapping"},
        BadConfig{"Scalar",
                  "hello",
                  "study.yaml:1:1: the config = hello; allowed: a mapping"},
        BadConfig{"NotYaml",
                  "seed: [1, 2\n",
                  "study.yaml:2:1: is not readable as YAML or JSON: end of "
                  "sequence flow not found"},
        BadConfig{"TwoDocuments",
                  SYNTHETIC "---\nseed: 1\n",
                  "study.yaml:4:1: starts a second document; allowed: one"},
        BadConfig{"MisspeltField",
                  SYNTHETIC "search:\n  max_trails: 3\n",
                  "study.yaml:4:3: search has no field max_trails; did you "
                  "mean max_trials?"},
        BadConfig{"UnknownField",
                  SYNTHETIC "confirmation: {banana: 3}\n",
                  "study.yaml:3:16: confirmation has no field banana; allowed: "
                  "finalists, seeds"},
        BadConfig{"MergeKey",
                  "a: &x {seed: 1}\n<<: *x\n",
                  "study.yaml:1:1: the config has no field a; allowed: "
                  "schema_revision, seed, evaluator, search, confirmation, "
                  "workers, isolation"},
        BadConfig{"MappingAsKey",
                  SYNTHETIC "? {a: 1}\n: 2\n",
                  "study.yaml:3:3: the config has a key that is not a field "
                  "name"},
        BadConfig{"DuplicateKey",
                  SYNTHETIC "seed: 1\nseed: 1\n",
                  "study.yaml:4:1: seed is given twice"},
        BadConfig{"TextForNumber",
                  SYNTHETIC "workers: many\n",
                  "study.yaml:3:10: workers = many; allowed: a whole number in "
                  "[1, 1024]"},
        BadConfig{"QuotedNumber",
                  SYNTHETIC "workers: '2'\n",
                  "study.yaml:3:10: workers = 2; allowed: a whole number in "
                  "[1, 1024]"},
        BadConfig{"FractionForWholeNumber",
                  SYNTHETIC "workers: 1.5\n",
                  "study.yaml:3:10: workers = 1.5; allowed: a whole number in "
                  "[1, 1024]"},
        BadConfig{"NegativeWholeNumber",
                  SYNTHETIC "seed: -1\n",
                  "study.yaml:3:7: seed = -1; allowed: a whole number of at "
                  "least 0"},
        BadConfig{"WholeNumberTooLargeForItsType",
                  SYNTHETIC "seed: 18446744073709551616\n",
                  "study.yaml:3:7: seed = 18446744073709551616; allowed: a "
                  "whole number of at least 0"},
        BadConfig{"BelowTheRange",
                  SYNTHETIC "workers: 0\n",
                  "study.yaml:3:10: workers = 0; allowed: a whole number in "
                  "[1, 1024]"},
        BadConfig{"NotANumber",
                  SYNTHETIC "search: {convergence: {threshold: nan}}\n",
                  "study.yaml:3:35: search.convergence.threshold = nan; "
                  "allowed: a number of at least 0"},
        BadConfig{"Infinite",
                  SYNTHETIC "search: {convergence: {threshold: 1e999}}\n",
                  "study.yaml:3:35: search.convergence.threshold = 1e999; "
                  "allowed: a number of at least 0"},
        BadConfig{"EmptyValue",
                  SYNTHETIC "seed:\n",
                  "study.yaml:3:1: seed is empty; allowed: a whole number of "
                  "at least 0"},
        BadConfig{"ListForNumber",
                  SYNTHETIC "seed: [1]\n",
                  "study.yaml:3:7: seed is a list; allowed: a whole number of "
                  "at least 0"},
        BadConfig{"NumberForList",
                  SYNTHETIC "search: {hidden_widths: 32}\n",
                  "study.yaml:3:25: search.hidden_widths = 32; allowed: a list "
                  "of whole numbers in [1, 4096]"},
        BadConfig{"EmptyList",
                  SYNTHETIC "search: {hidden_widths: []}\n",
                  "study.yaml:3:25: search.hidden_widths is an empty list; "
                  "allowed: a list of whole numbers in [1, 4096]"},
        BadConfig{"BadListElement",
                  SYNTHETIC "search: {hidden_widths: [32, 0]}\n",
                  "study.yaml:3:30: search.hidden_widths[1] = 0; allowed: "
                  "whole numbers in [1, 4096]"},
        BadConfig{"UnknownEnumValue",
                  SYNTHETIC "search: {strategy: magic}\n",
                  "study.yaml:3:20: search.strategy = magic; allowed: one of "
                  "{paper, random, structured, mlp, proportional, "
                  "latin_hypercube, local_search, evolutionary}"},
        BadConfig{"UnspecifiedEnumValue",
                  SYNTHETIC "search: {strategy: unspecified}\n",
                  "study.yaml:3:20: search.strategy = unspecified; allowed: "
                  "one of {paper, random, structured, mlp, proportional, "
                  "latin_hypercube, local_search, evolutionary}"},
        BadConfig{"NegativeStagnation",
                  SYNTHETIC "search: {stagnation_trials: -1}\n",
                  "study.yaml:3:29: search.stagnation_trials = -1; allowed: a "
                  "whole number in [0, 1000000]"},
        BadConfig{"NoWallTime",
                  SYNTHETIC "search: {wall_time_seconds: 0}\n",
                  "study.yaml:3:29: search.wall_time_seconds = 0; allowed: a "
                  "number above 0"},
        BadConfig{"NegativeWeight",
                  SYNTHETIC "search: {proportional_weights: [1, -2]}\n",
                  "study.yaml:3:36: search.proportional_weights[1] = -2; "
                  "allowed: numbers of at least 0"},
        BadConfig{"NumberForMapping",
                  SYNTHETIC "search: 3\n",
                  "study.yaml:3:9: search = 3; allowed: a mapping"},
        BadConfig{"NoRevision",
                  "evaluator: {synthetic: {family: nk, num_layers: 4}}\n",
                  "study.yaml: the config needs schema_revision: 1"},
        BadConfig{"NewerRevision",
                  "schema_revision: 2\n",
                  "study.yaml:1:18: schema_revision = 2; allowed: 1"},
        BadConfig{"RequiredFieldMissing",
                  "schema_revision: 1\nevaluator: {synthetic: {family: nk}}\n",
                  "study.yaml:2:24: evaluator.synthetic needs num_layers: "
                  "a whole number in [3, 4096]"},
        BadConfig{"NoneOfAChoice",
                  "schema_revision: 1\nevaluator: {}\n",
                  "study.yaml:2:12: evaluator needs one of: llama, synthetic, "
                  "bit_widths, table, plugin, process, sparsity"},
        BadConfig{"TwoOfAChoice",
                  "schema_revision: 1\nevaluator: {llama: {model: a}, "
                  "synthetic: {family: nk, num_layers: 4}}\n",
                  "study.yaml:2:32: evaluator may have only one of: llama, "
                  "synthetic, bit_widths, table, plugin, process, sparsity"},
        BadConfig{
            "ControlCharactersAreNotEchoed",
            SYNTHETIC "search: {strategy: \"a\\e[31m\"}\n",
            "study.yaml:3:20: search.strategy = \"a\\x1b[31m\"; allowed: one "
            "of {paper, random, structured, mlp, proportional, "
            "latin_hypercube, local_search, evolutionary}"}),
    [](const auto& info) { return info.param.name; });

TEST(ConfigReader, BadOverridesAreNamed) {
  EXPECT_EQ(Problem(kStudy, {"seed"}),
            "--set seed: allowed: path.of.field=value");
  EXPECT_EQ(Problem(kStudy, {"seed=x"}),
            "--set seed=x: seed = x; allowed: a whole number of at least 0");
  EXPECT_EQ(
      Problem(kStudy, {"seed="}),
      "--set seed=: seed is empty; allowed: a whole number of at least 0");
  EXPECT_EQ(Problem(kStudy, {"serach.max_trials=1"}),
            "--set serach.max_trials=1: the config has no field serach; did "
            "you mean search?");
  EXPECT_EQ(Problem(kStudy, {"seed.x=1"}),
            "--set seed.x=1: seed has no fields; allowed: a whole number of at "
            "least 0");
  EXPECT_THAT(Problem(kStudy, {"search.hidden_widths=[1"}),
              StartsWith("--set search.hidden_widths=[1"));
}

TEST(ConfigReader, DeepNestingIsAnErrorNotACrash) {
  EXPECT_THAT(Problem("seed: " + std::string(100000, '[')),
              HasSubstr("is not readable as YAML or JSON"));
}

TEST(ConfigReader, EveryPrefixOfAConfigIsReadOrRefused) {
  const std::string text = kStudy;
  for (size_t length = 0; length < text.size(); ++length) {
    v1::SearchConfig config;
    auto source = ReadConfig(text.substr(0, length), "study.yaml", {}, &config);
    EXPECT_THAT(source ? "study.yaml" : source.error().message,
                StartsWith("study.yaml"));
  }
}

}  // namespace
}  // namespace rankadaptor::runners
