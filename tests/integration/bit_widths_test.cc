// `rankadaptor search` over one weight bit-width per layer.
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/integration/program.h"
#include "tests/integration/small_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::RunProgram;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kConfig[] = R"(schema_revision: 1
seed: 5
evaluator:
  bit_widths:
    model: model
    scoring:
      heldout_texts:
        - {name: text, text_file: text.txt, window_tokens: 32, max_windows: 8}
    candidates: [2, 3, 4]
    group_size: 8
    budget: {uniform_bits: 3}
search: {num_initial_trials: 2, max_trials: 4}
confirmation: {seeds: 1}
)";

class BitWidthsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    rankadaptor::testing::WriteSmallModel(folder_->path(), 1);
    ASSERT_TRUE(WriteFileAtomically(*folder_ / "bits.yaml", kConfig));
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static ProgramResult Run(const std::vector<std::string>& arguments) {
    return RunProgram(folder_->path(), arguments);
  }

  static std::unique_ptr<TemporaryFolder> folder_;
};

std::unique_ptr<TemporaryFolder> BitWidthsTest::folder_;

TEST_F(BitWidthsTest, SearchesUnderASizeBudget) {
  const ProgramResult result =
      Run({"search", "bits.yaml", "--study", "a.study.db"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("full precision"));
  EXPECT_THAT(result.out, HasSubstr("uniform 3 bits"));
  EXPECT_THAT(result.out, HasSubstr("bytes"));
  // Beyond the budget.
  EXPECT_THAT(result.out, Not(HasSubstr("uniform 4 bits")));
}

TEST_F(BitWidthsTest, HasNoModelToExport) {
  ASSERT_EQ(Run({"search", "bits.yaml", "--study", "b.study.db"}).exit_code, 0);
  const ProgramResult result =
      Run({"export", "b.study.db", "--format", "merged", "--out", "out"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no models to export"));
}

TEST_F(BitWidthsTest, BadValuesNameTheField) {
  const auto error = [](const std::string& set) {
    const ProgramResult result = Run({"search", "bits.yaml", "--set", set});
    EXPECT_EQ(result.exit_code, 2) << set;
    return result.err;
  };
  const std::string field = "evaluator.bit_widths.";
  EXPECT_THAT(error(field + "candidates=[2,9]"), HasSubstr("candidates"));
  EXPECT_THAT(error(field + "candidates=[4,3]"), HasSubstr("ascending"));
  EXPECT_THAT(error(field + "objective=nothing"), HasSubstr("= nothing"));
  EXPECT_THAT(error(field + "model=none"), HasSubstr("model"));
  EXPECT_THAT(error(field + "budget.uniform_bits=1"), HasSubstr("budget"));
}

}  // namespace
}  // namespace rankadaptor::runners
