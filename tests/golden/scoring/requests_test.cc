// The texts that the real harness handed to the model.
#include "tests/golden/scoring/tasks.h"

namespace rankadaptor::testing {
namespace {

using llama::Request;
using llama::Task;
using nlohmann::json;

// {doc_id, ctx: text or one per choice, cont: one per choice}.
std::vector<Request> GoldenRequests(const json& line) {
  std::vector<Request> requests;
  for (const json& continuation : line["cont"]) {
    const json& context =
        line["ctx"].is_array() ? line["ctx"][requests.size()] : line["ctx"];
    requests.push_back({context, continuation});
  }
  return requests;
}

TEST(GoldenRequests, TextsAreByteEqual) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const std::string& name : GoldenTaskNames()) {
    auto task = llama::LoadTask(name, GoldenDocs());
    ASSERT_TRUE(task) << task.error().message;
    const auto lines =
        ReadJsonLines(GoldenDir() / "lm_eval" / "requests" / (name + ".jsonl"));
    ASSERT_EQ(task->documents.size(), lines.size()) << name;
    for (const json& line : lines) {
      const auto doc_id = line["doc_id"].get<size_t>();
      EXPECT_EQ(task->documents[doc_id].requests, GoldenRequests(line))
          << name << ' ' << doc_id;
      Compared(static_cast<int64_t>(line["cont"].size()));
    }
  }
}

}  // namespace
}  // namespace rankadaptor::testing
