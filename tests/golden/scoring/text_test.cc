// The text functions of the real harness, on hand-made text.
#include "evaluators/llama/scoring/text.h"

#include "evaluators/llama/scoring/benchmark_text.h"
#include "tests/golden/support/golden.h"

namespace rankadaptor::testing {
namespace {

namespace internal = llama::internal;
using nlohmann::json;

json CasesOf(const char* function) {
  return ReadJson(GoldenDir() / "lm_eval" / "text_functions.json").at(function);
}

TEST(GoldenText, CapitalizeIsPythons) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const json& c : CasesOf("capitalize")) {
    EXPECT_EQ(internal::Capitalize(c["inp"].get<std::string>()), c["out"]);
    Compared(1);
  }
}

TEST(GoldenText, HellaSwagCleanUpMatches) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const json& c : CasesOf("hellaswag_preprocess")) {
    EXPECT_EQ(internal::CleanHellaSwagText(c["inp"].get<std::string>()),
              c["out"])
        << c["inp"];
    Compared(1);
  }
}

TEST(GoldenText, HellaSwagQueryMatches) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const json& c : CasesOf("hellaswag_docs")) {
    const json& doc = c["doc"];
    EXPECT_EQ(internal::HellaSwagQuery(doc["activity_label"].get<std::string>(),
                                       doc["ctx_a"].get<std::string>(),
                                       doc["ctx_b"].get<std::string>()),
              c["query"]);
    for (size_t i = 0; i < doc["endings"].size(); ++i) {
      EXPECT_EQ(
          internal::CleanHellaSwagText(doc["endings"][i].get<std::string>()),
          c["choices"][i]);
    }
    Compared(1 + static_cast<int64_t>(doc["endings"].size()));
  }
}

TEST(GoldenText, WinograndeSentenceIsSplit) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const json& c : CasesOf("winogrande")) {
    const json& doc = c["doc"];
    const auto parts =
        internal::SplitWinograndeSentence(doc["sentence"].get<std::string>(),
                                          doc["option1"].get<std::string>(),
                                          doc["option2"].get<std::string>());
    ASSERT_TRUE(parts);
    EXPECT_EQ(json(parts->contexts), c["choice"]);
    EXPECT_EQ(parts->continuation, c["target"]);
    Compared(3);
  }
}

}  // namespace
}  // namespace rankadaptor::testing
