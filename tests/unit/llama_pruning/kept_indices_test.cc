#include "rankadaptor/llama/kept_indices.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

LlamaConfig Config() {
  LlamaConfig config;
  config.layers = {{6, 3, 5}, {2, 1, 4}};
  return config;
}

KeptIndices Kept() {
  return {{{{0, 1, 4, 5}, {0, 2}, {1, 3, 4}}, {{0, 1}, {0}, {0, 1, 2, 3}}}};
}

std::string CheckError(const KeptIndices& kept) {
  Status status = CheckKeptIndices(kept, Config());
  return status.has_value() ? "" : status.error().message;
}

TEST(KeptIndices, QueryHeadsOfAKvHeadAreConsecutive) {
  const int64_t kv_heads[] = {0, 2};
  EXPECT_THAT(QueryHeadsOf(kv_heads, {6, 3, 1}), ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(QueryHeadsOf(kv_heads, {3, 3, 1}), ElementsAre(0, 2));
}

TEST(KeptIndices, FittingMapIsAccepted) {
  EXPECT_EQ(CheckError(Kept()), "");
  EXPECT_EQ(CheckError(KeepEverything(Config())), "");
}

TEST(KeptIndices, PrunedConfigHasTheCounts) {
  LlamaConfig pruned = PrunedConfig(Config(), Kept());
  EXPECT_THAT(pruned.layers,
              ElementsAre(LayerShape{4, 2, 3}, LayerShape{2, 1, 4}));
  EXPECT_EQ(PrunedConfig(Config(), KeepEverything(Config())), Config());
}

TEST(KeptIndices, WrongEntriesAreNamed) {
  KeptIndices kept = Kept();
  kept.layers.pop_back();
  EXPECT_THAT(CheckError(kept), HasSubstr("1 entries, the model has 2"));

  kept = Kept();
  kept.layers[0].mlp_channels = {1, 5};
  EXPECT_THAT(CheckError(kept),
              HasSubstr("layers[0].kept_mlp[1] = 5 is outside 0..4"));

  kept.layers[0].mlp_channels = {-1};
  EXPECT_THAT(CheckError(kept), HasSubstr("kept_mlp[0] = -1 is outside"));

  kept.layers[0].mlp_channels = {2, 2};
  EXPECT_THAT(CheckError(kept), HasSubstr("does not exceed"));

  kept.layers[0].mlp_channels = {3, 1};
  EXPECT_THAT(CheckError(kept), HasSubstr("does not exceed"));

  kept.layers[0].mlp_channels = {};
  EXPECT_THAT(CheckError(kept), HasSubstr("kept_mlp is empty"));

  kept = Kept();
  kept.layers[1].kv_heads = {1};
  EXPECT_THAT(CheckError(kept), HasSubstr("layers[1].kept_kv_heads[0] = 1"));
}

TEST(KeptIndices, LayerWithoutAnythingKeptGoes) {
  const int first[] = {0};
  const KeptIndices kept = RemoveLayers(Config(), first);
  EXPECT_EQ(CheckError(kept), "");
  EXPECT_THAT(PrunedConfig(Config(), kept).layers,
              ElementsAre(LayerShape{2, 1, 4}));
  EXPECT_THAT(KeptLayerIndices(kept), ElementsAre(1));
  EXPECT_EQ(ParseKeptIndices(FormatKeptIndices(kept), "f").value(), kept);
  const int both[] = {0, 1};
  EXPECT_THAT(CheckError(RemoveLayers(Config(), both)),
              HasSubstr("at least one layer must stay"));
}

TEST(KeptIndices, ComposedMapsCountInTheFirstModel) {
  const int second[] = {1};
  const KeptIndices width = {{{{0, 1}, {1}, {0, 2}}, {{0, 1}, {0}, {3}}}};
  const KeptIndices composed = Compose(Kept(), width);
  EXPECT_THAT(composed.layers[0].q_heads, ElementsAre(0, 1));
  EXPECT_THAT(composed.layers[0].kv_heads, ElementsAre(2));
  EXPECT_THAT(composed.layers[0].mlp_channels, ElementsAre(1, 4));
  EXPECT_THAT(composed.layers[1].mlp_channels, ElementsAre(3));

  const int first[] = {0};
  const KeptIndices depth = RemoveLayers(Config(), first);
  const KeptIndices left = {{{{0, 1}, {0}, {1}}}};
  EXPECT_TRUE(Compose(depth, left).layers[0].removed());
  EXPECT_THAT(Compose(depth, left).layers[1].mlp_channels, ElementsAre(1));
  EXPECT_TRUE(
      Compose(Kept(), RemoveLayers(PrunedConfig(Config(), Kept()), second))
          .layers[1]
          .removed());
}

TEST(KeptIndices, QueryHeadsMustBelongToTheKvHeads) {
  KeptIndices kept = Kept();
  for (std::vector<int64_t> heads :
       {std::vector<int64_t>{0, 1, 2, 3}, {0, 1}, {0, 1, 3, 4, 5}}) {
    kept.layers[0].q_heads = heads;
    EXPECT_THAT(CheckError(kept), HasSubstr("are not the query heads"));
  }
}

TEST(KeptIndices, FormatAndParseAreInverse) {
  EXPECT_EQ(ParseKeptIndices(FormatKeptIndices(Kept()), "f").value(), Kept());
  EXPECT_EQ(FormatKeptIndices({{{{0, 1}, {0}, {3}}}}),
            "{\"layers\":[{\"kept_kv_heads\":[0],\"kept_mlp\":[3],"
            "\"kept_q_heads\":[0,1]}]}\n");
}

std::string ParseError(const std::string& json) {
  auto kept = ParseKeptIndices(json, "map.json");
  return kept.has_value() ? "" : kept.error().message;
}

TEST(KeptIndices, BrokenFilesAreRefused) {
  EXPECT_THAT(ParseError("{"), HasSubstr("map.json"));
  EXPECT_THAT(ParseError("[]"), HasSubstr("map.json"));
  EXPECT_THAT(ParseError("{}"), HasSubstr("\"layers\""));
  EXPECT_THAT(ParseError(R"({"layers": 3})"), HasSubstr("\"layers\""));
  EXPECT_THAT(ParseError(R"({"layers": [], "x": 1})"), HasSubstr("\"layers\""));
  EXPECT_THAT(ParseError(R"({"layers": [3]})"), HasSubstr("layers[0]"));
  EXPECT_THAT(ParseError(R"({"layers": [{"kept_q_heads": [0]}]})"),
              HasSubstr("layers[0] must have exactly"));
  const std::string rest = R"("kept_kv_heads": [0], "kept_mlp": [0]}]})";
  for (const char* bad :
       {"1.0", "\"1\"", "-1", "18446744073709551615", "[0]"}) {
    EXPECT_THAT(ParseError(R"({"layers": [{"kept_q_heads": [0, )" +
                           std::string(bad) + "], " + rest),
                HasSubstr("layers[0]: kept_q_heads[1] = "))
        << bad;
  }
}

TEST(KeptIndices, MissingFileIsNamed) {
  auto kept = ReadKeptIndices("/nonexistent/kept.json");
  EXPECT_EQ(kept.error().code, ErrorCode::kNotFound);
}

TEST(InDenseModel, CountsASecondPruningInTheDenseModel) {
  const rankadaptor::testing::TemporaryFolder folder;
  KeptIndices second;
  second.layers = {KeptLayer{{0}, {0}, {1, 2}}};
  EXPECT_EQ(InDenseModel(second, folder.path()).value(), second);
  // The second of two layers is left, with head 3 and channels 4, 6 and 9.
  KeptIndices first;
  first.layers = {KeptLayer{}, KeptLayer{{3}, {3}, {4, 6, 9}}};
  ASSERT_TRUE(WriteFileAtomically(folder / "kept_indices.json",
                                  FormatKeptIndices(first)));
  EXPECT_EQ(InDenseModel(second, folder.path()).value(),
            Compose(first, second));
  const KeptLayer left = Compose(first, second).layers[1];
  EXPECT_EQ(left, (KeptLayer{{3}, {3}, {6, 9}}));
  second.layers[0].mlp_channels = {3};
  EXPECT_THAT(InDenseModel(second, folder.path()).error().message,
              ::testing::HasSubstr("does not belong to the model beside it"));
}

}  // namespace
}  // namespace rankadaptor::llama
