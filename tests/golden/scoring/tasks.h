// The documents of the golden folder as tasks.
#ifndef RANKADAPTOR_TESTS_GOLDEN_SCORING_TASKS_H_
#define RANKADAPTOR_TESTS_GOLDEN_SCORING_TASKS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/llama/task.h"

#include "tests/golden/support/golden.h"

namespace rankadaptor::testing {

inline std::filesystem::path GoldenDocs() {
  return GoldenDir() / "lm_eval" / "docs";
}

// Built-in tasks that have golden documents.
inline std::vector<std::string> GoldenTaskNames() {
  std::vector<std::string> names;
  for (const std::string& name : llama::BuiltinTaskNames()) {
    if (std::filesystem::exists(GoldenDocs() / (name + ".jsonl"))) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_GOLDEN_SCORING_TASKS_H_
