#include "runners/serve/serve_session.h"

#include <numeric>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/search/strategy_factory.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kSpace[] =
    R"({"parameters":[{"name":"a","type":"ordinal","values":[2,4.5,8]},)"
    R"({"name":"b","type":"categorical","values":["x",true,7]}]})";

Result<std::unique_ptr<Strategy>> MakeRandom(const std::string& name,
                                             const SearchSpace& space,
                                             const StrategyOptions& options) {
  return MakeStrategy(name, space, options);
}

class ServeSessionTest : public ::testing::Test {
 protected:
  json Call(const std::string& line) {
    return json::parse(session_.Reply(line));
  }

  // A create request with more fields.
  static std::string Create(const std::string& more = "") {
    return R"({"op":"create","strategy":"random","space":)" +
           std::string(kSpace) + (more.empty() ? "" : ",") + more + "}";
  }

  std::string ErrorOf(const std::string& line) {
    const json reply = Call(line);
    EXPECT_EQ(reply.size(), 1u) << reply;
    return reply.value("error", "");
  }

  ServeSession session_{MakeRandom};
  rankadaptor::testing::TemporaryFolder folder_;
};

TEST_F(ServeSessionTest, AConversation) {
  EXPECT_EQ(session_.Reply(Create()), R"({"ok":true})");
  const json asked = Call(R"({"op":"ask","count":2})");
  ASSERT_THAT(asked["trials"], SizeIs(2));
  EXPECT_EQ(asked["trials"][1]["id"], 1);
  EXPECT_EQ(session_.Reply(R"({"op":"tell","id":1,"score":1.5})"),
            R"({"ok":true})");
  EXPECT_EQ(session_.Reply(R"({"op":"tell","id":0,"state":"failed"})"),
            R"({"ok":true})");
  const std::string values = asked["trials"][1]["values"].dump();
  EXPECT_EQ(session_.Reply(R"({"op":"best"})"),
            R"({"observed":{"id":1,"values":)" + values +
                R"(,"score":1.5},"recommended":{"id":1,"values":)" + values +
                R"(,"predicted":null}})");
}

TEST_F(ServeSessionTest, EnqueuedComesFirstAndWhatWasToldIsListed) {
  ASSERT_TRUE(Call(Create(R"("direction":"minimize")")).contains("ok"));
  EXPECT_EQ(session_.Reply(R"({"op":"trials"})"), R"({"trials":[]})");
  EXPECT_EQ(session_.Reply(R"({"op":"enqueue","values":[8,true]})"),
            R"({"id":0})");
  EXPECT_EQ(session_.Reply(R"({"op":"enqueue","values":[8,true]})"),
            R"({"id":1})");
  const json asked = Call(R"({"op":"ask","count":2})");
  EXPECT_EQ(asked["trials"][0]["values"].dump(), "[8,true]");
  Call(R"({"op":"tell","id":1,"score":2.5})");
  Call(R"({"op":"tell","id":0,"state":"failed","reason":"no GPU"})");
  EXPECT_EQ(session_.Reply(R"({"op":"trials"})"),
            R"({"trials":[{"id":1,"values":[8,true],"score":2.5},)"
            R"({"id":0,"values":[8,true],"state":"failed",)"
            R"("reason":"no GPU"}]})");
}

TEST_F(ServeSessionTest, ImportanceIsOfTheParametersAsGiven) {
  const std::string create =
      R"({"op":"create","space":{"parameters":[{"name":"a","values":[1,2,3]},)"
      R"({"name":"one","values":[5]},{"name":"b","values":[1,2,3]},)"
      R"({"name":"c","values":[1,2,3]}],"tied":[["a","c"]]}})";
  ASSERT_TRUE(Call(create).contains("ok"));
  EXPECT_EQ(session_.Reply(R"({"op":"importance"})"), R"({"importance":[]})");
  const json trials = Call(R"({"op":"ask","count":9})")["trials"];
  for (const json& trial : trials) {
    const json told = {
        {"op", "tell"}, {"id", trial["id"]}, {"score", trial["values"][0]}};
    Call(told.dump());
  }
  const json shares = Call(R"({"op":"importance"})")["importance"];
  ASSERT_THAT(shares, SizeIs(4));
  EXPECT_EQ(shares[0], shares[3]);
  EXPECT_EQ(shares[1]["total"], 0);
  EXPECT_GT(shares[0]["main"], shares[2]["main"]);
  EXPECT_GE(shares[0]["total"], shares[0]["main"]);
}

TEST_F(ServeSessionTest, ValuesComeBackAsTheyWereGiven) {
  ASSERT_TRUE(Call(Create()).contains("ok"));
  std::set<std::string> seen;
  const json asked = Call(R"({"op":"ask","count":100})");
  for (const json& trial : asked["trials"]) seen.insert(trial["values"].dump());
  EXPECT_THAT(seen, SizeIs(9));
  EXPECT_TRUE(seen.contains(R"([4.5,"x"])"));
  EXPECT_TRUE(seen.contains("[2,true]"));
  EXPECT_TRUE(seen.contains("[8,7]"));
}

// 3 ranks times 2 widths for two layers, of which the ranks are tied.
TEST_F(ServeSessionTest, WeightTablesAndTiedParametersAreKept) {
  ASSERT_TRUE(Call(R"({"op":"create","space":{"parameters":[)"
                   R"({"name":"r0","values":[2,4,8]},)"
                   R"({"name":"w0","values":[10,20]},)"
                   R"({"name":"r1","values":[2,4,8]},)"
                   R"({"name":"w1","values":[10,20]}],)"
                   R"("tied":[["r0","r1"]]},"strategy":"random",)"
                   R"("constraints":[{"max":120,"tables":[)"
                   R"({"parameters":["r0","w0"],)"
                   R"("weights":[[20,40],[40,80],[80,160]]},)"
                   R"({"parameters":["w1"],"weights":[0,40]}]}]})")
                  .contains("ok"));
  const json asked = Call(R"({"op":"ask","count":100})");
  EXPECT_THAT(asked["trials"], SizeIs(10));
  for (const json& trial : asked["trials"]) {
    const auto v = trial["values"].get<std::vector<int>>();
    ASSERT_THAT(v, SizeIs(4));
    EXPECT_EQ(v[0], v[2]);
    EXPECT_LE(v[0] * v[1] + (v[3] == 20 ? 40 : 0), 120);
  }
}

TEST_F(ServeSessionTest, SourcesMayHaveMoreLayers) {
  auto layers = [](int count) {
    json list = json::array();
    for (int i = 0; i < count; ++i) {
      list.push_back({{"name", "layer " + std::to_string(i)},
                      {"values", {2, 4, 8}},
                      {"descriptors", {{"depth", i / (count - 1.0)}}}});
    }
    return list;
  };
  // The more the better, everywhere.
  json source = {{"parameters", layers(5)}};
  for (int n = 0; n < 3 * 3 * 3; ++n) {
    std::vector<double> row;
    for (int level : {n % 3, n / 3 % 3, n / 9, (n + 1) % 3, n / 3 % 3}) {
      row.push_back(2 << level);
    }
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    source["configurations"].push_back(row);
    source["scores"].push_back(sum);
  }
  const json create = {{"op", "create"},
                       {"strategy", "structured"},
                       {"space", {{"parameters", layers(4)}}},
                       {"sources", {source}}};
  ASSERT_EQ(Call(create.dump()), json({{"ok", true}}));
  EXPECT_EQ(Call(R"({"op":"ask"})")["trials"][0]["values"], json({8, 8, 8, 8}));
}

TEST_F(ServeSessionTest, NothingIsBestBeforeASuccess) {
  ASSERT_TRUE(Call(Create()).contains("ok"));
  EXPECT_EQ(session_.Reply(R"({"op":"best"})"),
            R"({"observed":null,"recommended":null})");
}

TEST_F(ServeSessionTest, AnExhaustedSpaceIsDone) {
  ASSERT_TRUE(
      Call(Create(R"("constraints":[{"weights":[[0,1,1],[0,1,1]],"max":0}])"))
          .contains("ok"));
  EXPECT_THAT(Call(R"({"op":"ask","count":3})")["trials"], SizeIs(1));
  const json reply = Call(R"({"op":"ask"})");
  EXPECT_EQ(reply["trials"], json::array());
  EXPECT_THAT(reply["done"].get<std::string>(), HasSubstr("constraints"));
}

TEST_F(ServeSessionTest, MinimisingFindsTheLowest) {
  ASSERT_TRUE(Call(Create(R"("direction":"minimize")")).contains("ok"));
  Call(R"({"op":"ask","count":3})");
  Call(R"({"op":"tell","id":0,"score":3})");
  Call(R"({"op":"tell","id":1,"score":-2.5})");
  EXPECT_EQ(Call(R"({"op":"best"})")["observed"]["score"], -2.5);
}

struct BadLine {
  std::string name;
  std::string line;
  std::string message;
};

// Before a study was created.
class BadCreateTest : public ServeSessionTest,
                      public ::testing::WithParamInterface<BadLine> {};

TEST_P(BadCreateTest, IsNamedAndTheNextOneWorks) {
  EXPECT_THAT(ErrorOf(GetParam().line), HasSubstr(GetParam().message));
  EXPECT_TRUE(Call(Create()).contains("ok"));
}

std::string CreateWith(const std::string& field) {
  return R"({"op":"create","space":)" + std::string(kSpace) + "," + field + "}";
}

std::string CreateParameter(const std::string& parameter) {
  return R"({"op":"create","space":{"parameters":[)" + parameter + "]}}";
}

INSTANTIATE_TEST_SUITE_P(
    Lines,
    BadCreateTest,
    ::testing::Values(
        BadLine{"Empty", "", "not JSON"},
        BadLine{"Text", "hello", "not JSON: "},
        BadLine{"Cut", R"({"op":"ask")", "not JSON"},
        BadLine{"TwoObjects", "{} {}", "not JSON"},
        BadLine{"List", "[1]", "the line is array, not an object"},
        BadLine{"Deep", std::string(100'000, '['), "16 deep"},
        BadLine{"NoOp", "{}", "op is missing"},
        BadLine{"UnknownOp", R"({"op":"stop"})", R"(op = "stop" is not)"},
        BadLine{"OpOfAnotherType", R"({"op":["ask"]})", R"(op = ["ask"] is)"},
        BadLine{"AskFirst", R"({"op":"ask"})", "no study yet"},
        BadLine{"NoSpace", R"({"op":"create"})", "space is missing"},
        BadLine{"SpaceIsAList",
                R"({"op":"create","space":[]})",
                "space = [] is not an object"},
        BadLine{"UnknownField",
                CreateWith(R"("sed":1)"),
                R"(unknown field "sed"; known are op, space,)"},
        BadLine{"NoParameters", CreateParameter(""), "1 to 4096 parameters"},
        BadLine{"NoName",
                CreateParameter(R"({"values":[1]})"),
                "space.parameters[0].name is missing"},
        BadLine{"UnknownType",
                CreateParameter(R"({"name":"a","type":"int","values":[1]})"),
                R"(space.parameters[0].type = "int" is not "ordinal")"},
        BadLine{"Descending",
                CreateParameter(R"({"name":"a","values":[2,1]})"),
                "'a' has choices {2,1}"},
        BadLine{"TextAmongNumbers",
                CreateParameter(R"({"name":"a","values":[1,"2"]})"),
                R"(space.parameters[0].values[1] = "2" is not a number)"},
        BadLine{"NanAmongValues",
                CreateParameter(R"({"name":"a","values":[1,NaN]})"),
                "space.parameters[0].values[1] = NaN is not a finite number"},
        BadLine{"CategoriesTwice",
                CreateParameter(
                    R"({"name":"a","type":"categorical","values":["x","x"]})"),
                "all different"},
        BadLine{"TooFewWeights",
                CreateWith(R"("constraints":[{"weights":[[1,2,3]],"max":1}])"),
                "constraint 0: has weights for 1 parameters, the space has 2"},
        BadLine{
            "TooFewWeightsOfOne",
            CreateWith(R"("constraints":[{"weights":[[1],[1,2,3]],"max":9}])"),
            "constraint 0: the weights for 'a' are {1}"},
        BadLine{"NoMax",
                CreateWith(R"("constraints":[{"weights":[[1],[1]]}])"),
                "constraints[0].max is missing"},
        BadLine{"Infeasible",
                CreateWith(
                    R"("constraints":[{"weights":[[1,2,3],[1,2,3]],"max":1}])"),
                "the cost of the cheapest configuration"},
        BadLine{"TableOfNothing",
                CreateWith(R"("constraints":[{"max":1,"tables":[)"
                           R"({"parameters":["x"],"weights":[1]}]}])"),
                R"(tables[0].parameters[0] = "x" is not a parameter)"},
        BadLine{"TableShape",
                CreateWith(R"("constraints":[{"max":1,"tables":[)"
                           R"({"parameters":["a"],"weights":[1,2]}]}])"),
                "has 2 entries, 'a' has 3 values"},
        BadLine{"NoWeightsAtAll",
                CreateWith(R"("constraints":[{"max":1}])"),
                "has no weights and no tables"},
        BadLine{"Direction",
                CreateWith(R"("direction":"up")"),
                R"(direction = "up" is not "maximize")"},
        BadLine{"NegativeSeed", CreateWith(R"("seed":-1)"), "seed = -1 is not"},
        BadLine{"FractionalSeed", CreateWith(R"("seed":1.5)"), "seed = 1.5"},
        BadLine{"ZeroBudget", CreateWith(R"("budget":0)"), "budget = 0 is not"},
        BadLine{"UnknownStrategy",
                CreateWith(R"("strategy":"magic")"),
                "no strategy is called 'magic'; there are "},
        BadLine{"ValueOutsideTheSpace",
                CreateWith(R"("sources":[{"configurations":[[2,"x"],[3,"x"]],)"
                           R"("scores":[1,2]}])"),
                "sources[0].configurations[1][0] = 3 is not a value of 'a', "
                "[2,4.5,8]"},
        BadLine{"ShortSource",
                CreateWith(R"("sources":[{"configurations":[[2]],)"
                           R"("scores":[1]}])"),
                "has 1 values, the space has 2 parameters"},
        BadLine{"TooFewScores",
                CreateWith(R"("sources":[{"configurations":[[2,"x"]],)"
                           R"("scores":[]}])"),
                "has 0 scores for 1 configurations"},
        BadLine{"NanScore",
                CreateWith(R"("sources":[{"configurations":[[2,"x"]],)"
                           R"("scores":[-Infinity]}])"),
                "sources[0].scores[0] = -Infinity is not a finite number"},
        BadLine{"DescriptorIsText",
                CreateParameter(
                    R"({"name":"a","values":[1],"descriptors":{"d":"x"}})"),
                R"(space.parameters[0].descriptors.d = "x" is not a number)"},
        BadLine{
            "DescriptorsAreAList",
            CreateParameter(R"({"name":"a","values":[1],"descriptors":[1]})"),
            "space.parameters[0].descriptors = [1] is not an object"},
        BadLine{"SourceOfAStrangeSpace",
                CreateWith(R"("sources":[{"parameters":[)"
                           R"({"name":"z","values":[1,2]}],)"
                           R"("configurations":[[2]],"scores":[1]}])"),
                "source 0: its 1 parameters and the 2 of the study have no "
                "descriptor in common"},
        BadLine{"ValueOutsideTheSourcesSpace",
                CreateWith(R"("sources":[{"parameters":[)"
                           R"({"name":"z","values":[1,2]}],)"
                           R"("configurations":[[3]],"scores":[1]}])"),
                "sources[0].configurations[0][0] = 3 is not a value of 'z'"},
        BadLine{"StudyIsANumber",
                CreateWith(R"("study":5)"),
                "study = 5 is not a string"},
        BadLine{"StudyInNoFolder",
                CreateWith(R"("strategy":"random","study":"/none/a.db")"),
                "/none/a.db"}),
    [](const auto& info) { return info.param.name; });

// With a study whose trials 0 and 1 were asked, 0 told.
class BadRequestTest : public ServeSessionTest,
                       public ::testing::WithParamInterface<BadLine> {};

TEST_P(BadRequestTest, IsNamedAndChangesNothing) {
  ASSERT_TRUE(Call(Create()).contains("ok"));
  Call(R"({"op":"ask","count":2})");
  Call(R"({"op":"tell","id":0,"score":1})");
  EXPECT_THAT(ErrorOf(GetParam().line), HasSubstr(GetParam().message));
  EXPECT_EQ(Call(R"({"op":"best"})")["observed"]["score"], 1);
  EXPECT_TRUE(Call(R"({"op":"tell","id":1,"score":2})").contains("ok"));
  EXPECT_EQ(Call(R"({"op":"ask"})")["trials"][0]["id"], 2);
}

INSTANTIATE_TEST_SUITE_P(
    Lines,
    BadRequestTest,
    ::testing::Values(
        BadLine{"SecondStudy",
                R"({"op":"create","space":{}})",
                "there is a study already"},
        BadLine{"ZeroCount", R"({"op":"ask","count":0})", "count = 0 is not"},
        BadLine{"HugeCount",
                R"({"op":"ask","count":99999999999999999999})",
                "is not an integer from 1 to 10000"},
        BadLine{"CountOfAnotherType",
                R"({"op":"ask","count":"2"})",
                R"(count = "2" is not an integer)"},
        BadLine{"UnknownField",
                R"({"op":"ask","n":1})",
                R"(unknown field "n"; known are op, count)"},
        BadLine{"NoId", R"({"op":"tell","score":1})", "id is missing"},
        BadLine{"NegativeId", R"({"op":"tell","id":-1,"score":1})", "id = -1"},
        BadLine{"UnknownId",
                R"({"op":"tell","id":7,"score":1})",
                "trial 7 was not asked; ids are 0 to 1"},
        BadLine{"ToldAlready",
                R"({"op":"tell","id":0,"score":1})",
                "trial 0 was told already"},
        BadLine{"NoScore", R"({"op":"tell","id":1})", "score or with state"},
        BadLine{"ScoreAndState",
                R"({"op":"tell","id":1,"score":1,"state":"failed"})",
                "not with both"},
        BadLine{"NanScore",
                R"({"op":"tell","id":1,"score":NaN})",
                "score = NaN is not a finite number"},
        BadLine{"HugeScore",
                R"({"op":"tell","id":1,"score":1e999})",
                "number overflow parsing '1e999'"},
        BadLine{"TextScore",
                R"({"op":"tell","id":1,"score":"1"})",
                R"(score = "1" is not a number)"},
        BadLine{"NullScore",
                R"({"op":"tell","id":1,"score":null})",
                "score = null is not a number"},
        BadLine{"UnknownState",
                R"({"op":"tell","id":1,"state":"late"})",
                R"(state = "late" is not "failed")"},
        BadLine{"ReasonOfASuccess",
                R"({"op":"tell","id":1,"score":1,"reason":"x"})",
                "reason"},
        BadLine{"EnqueuedNothing", R"({"op":"enqueue"})", "values is missing"},
        BadLine{"EnqueuedForeign",
                R"({"op":"enqueue","values":[3,"x"]})",
                "values[0] = 3 is not a value of 'a'"},
        BadLine{"TrialsWithMore",
                R"({"op":"trials","n":1})",
                "unknown field \"n\"; known are op"},
        BadLine{"NotUtf8", "{\"op\":\"b\xff\"}", "not JSON"}),
    [](const auto& info) { return info.param.name; });

class ServedFileTest : public ServeSessionTest {
 protected:
  std::string CreateFile(const std::string& more = "",
                         const std::string& space = kSpace) const {
    return R"({"op":"create","space":)" + space + R"(,"study":")" +
           (folder_ / "a.db").string() + "\"" + (more.empty() ? "" : ",") +
           more + "}";
  }

  void Restart() { session_ = ServeSession(MakeRandom); }
};

TEST_F(ServedFileTest, GoesOnWithWhatTheFileSays) {
  ASSERT_TRUE(
      Call(CreateFile(R"("strategy":"random","seed":4,"direction":"minimize")"))
          .contains("ok"));
  const json asked = Call(R"({"op":"ask","count":2})");
  Call(R"({"op":"tell","id":0,"score":1})");
  Restart();
  ASSERT_TRUE(Call(CreateFile()).contains("ok"));
  EXPECT_EQ(Call(R"({"op":"ask","count":2})")["trials"],
            json::array({asked["trials"][1]}));
  Call(R"({"op":"tell","id":1,"score":-1})");
  EXPECT_EQ(Call(R"({"op":"best"})")["observed"]["id"], 1);
}

TEST_F(ServedFileTest, AnotherStrategyAndSeedAreTakenFromThenOn) {
  ASSERT_TRUE(Call(CreateFile(R"("strategy":"random")")).contains("ok"));
  Restart();
  ASSERT_TRUE(
      Call(CreateFile(R"("strategy":"local_search","seed":9)")).contains("ok"));
  session_ = ServeSession([](const std::string& name,
                             const SearchSpace& space,
                             const StrategyOptions& options) {
    EXPECT_EQ(name, "local_search");
    EXPECT_EQ(options.seed, 9);
    return MakeRandom(name, space, options);
  });
  EXPECT_TRUE(Call(CreateFile()).contains("ok"));
}

TEST_F(ServedFileTest, ADifferenceIsNamed) {
  ASSERT_TRUE(Call(CreateFile(R"("strategy":"random")")).contains("ok"));
  Restart();
  std::string other = kSpace;
  other.replace(other.find("4.5"), 3, "4.0");
  EXPECT_THAT(ErrorOf(CreateFile("", other)),
              AllOf(HasSubstr("a.db: was made with"),
                    HasSubstr("space.parameters[0].values[1] = 4.5, now it is "
                              "4.0")));
  EXPECT_THAT(ErrorOf(CreateFile(R"("direction":"minimize")")),
              HasSubstr(R"(direction = "maximize", now it is "minimize")"));
  EXPECT_THAT(ErrorOf(CreateFile(
                  R"("constraints":[{"weights":[[1,2,3],[1,2,3]],"max":9}])")),
              HasSubstr("constraints = 0 entries, now it is 1 entries"));
  EXPECT_TRUE(Call(CreateFile()).contains("ok"));
}

TEST_F(ServedFileTest, ForeignFilesAndSecondWritersAreRefused) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "a.db", "no study"));
  EXPECT_THAT(ErrorOf(CreateFile()), HasSubstr("a.db"));
  std::filesystem::remove(folder_ / "a.db");
  ASSERT_TRUE(Call(CreateFile(R"("strategy":"random")")).contains("ok"));
  ServeSession second(MakeRandom);
  EXPECT_THAT(second.Reply(CreateFile()), HasSubstr("error"));
}

TEST_F(ServedFileTest, ARefusedRequestMakesNoFile) {
  EXPECT_THAT(ErrorOf(CreateFile(R"("strategy":"magic")")), HasSubstr("magic"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.db"));
}

}  // namespace
}  // namespace rankadaptor::runners
