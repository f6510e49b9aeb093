// The local copies of the benchmarks, in the formats of their authors, give the
// same questions as the Hugging Face documents of the golden folder.
#include <map>

#include "tests/golden/scoring/tasks.h"

namespace rankadaptor::testing {
namespace {

using llama::Request;
using llama::Task;
using llama::TaskDocument;

std::filesystem::path BenchmarksDir() {
  return ModelsDir().parent_path() / "benchmarks";
}

std::vector<std::string> Texts(const TaskDocument& document) {
  std::vector<std::string> texts;
  for (const Request& request : document.requests) {
    texts.push_back(request.context);
    texts.push_back(request.continuation);
  }
  return texts;
}

TEST(GoldenBenchmarks, LocalFilesHoldTheGoldenDocuments) {
  RA_SKIP_WITHOUT_GOLDEN();
  if (!std::filesystem::is_directory(BenchmarksDir())) {
    GTEST_SKIP() << "no benchmarks at " << BenchmarksDir();
  }
  for (const std::string& name : GoldenTaskNames()) {
    auto local = llama::LoadTask(name, BenchmarksDir());
    ASSERT_TRUE(local) << local.error().message;
    auto golden = llama::LoadTask(name, GoldenDocs());
    ASSERT_TRUE(golden) << golden.error().message;
    std::map<std::vector<std::string>, int> gold_of;
    for (const TaskDocument& document : local->documents) {
      gold_of[Texts(document)] = document.gold;
    }
    for (const TaskDocument& document : golden->documents) {
      const auto found = gold_of.find(Texts(document));
      ASSERT_NE(found, gold_of.end()) << name << ": " << document.json;
      EXPECT_EQ(found->second, document.gold) << name << document.json;
      Compared(1);
    }
  }
}

}  // namespace
}  // namespace rankadaptor::testing
