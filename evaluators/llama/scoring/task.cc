#include "rankadaptor/llama/task.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/scoring/builtin_tasks.h"
#include "evaluators/llama/scoring/task_file.h"

namespace rankadaptor::llama {

const char* TaskMetricName(TaskMetric metric) {
  return metric == TaskMetric::kAccuracy ? "acc" : "acc_norm";
}

Result<Task> LoadTask(std::string_view name_or_file,
                      const std::filesystem::path& data_dir) {
  for (std::string_view suffix : {".yaml", ".yml", ".json"}) {
    if (name_or_file.ends_with(suffix)) {
      return internal::LoadTaskFile(name_or_file);
    }
  }
  return internal::LoadBuiltinTask(name_or_file, data_dir);
}

std::vector<int64_t> AllDocuments(int64_t num_documents) {
  std::vector<int64_t> documents(static_cast<size_t>(num_documents));
  std::iota(documents.begin(), documents.end(), int64_t{0});
  return documents;
}

Result<DocumentSplit> SplitDocuments(int64_t num_documents,
                                     double search_fraction,
                                     uint64_t seed) {
  if (num_documents < 2) {
    return InvalidArgument(std::to_string(num_documents) +
                           " documents cannot be split into search and "
                           "confirmation items, at least 2 are needed");
  }
  if (!(search_fraction > 0 && search_fraction < 1)) {
    return InvalidArgument(
        "search fraction = " + std::to_string(search_fraction) +
        " is not between 0 and 1");
  }
  std::vector<int64_t> order = AllDocuments(num_documents);
  RandomStream stream(seed, "search and confirmation documents");
  stream.Shuffle(std::span(order));
  const auto cut =
      order.begin() +
      std::clamp<int64_t>(
          std::llround(search_fraction * static_cast<double>(num_documents)),
          1,
          num_documents - 1);
  DocumentSplit split{{order.begin(), cut}, {cut, order.end()}};
  std::ranges::sort(split.search);
  std::ranges::sort(split.confirm);
  return split;
}

Result<std::vector<int64_t>> FirstDocuments(int64_t num_documents,
                                            double limit) {
  const bool whole = limit >= 1 && std::floor(limit) == limit;
  if (!whole && !(limit > 0 && limit < 1)) {
    return InvalidArgument("limit = " + std::to_string(limit) +
                           " is not a number of documents (1, 2, ...) nor a "
                           "fraction between 0 and 1");
  }
  const auto total = static_cast<double>(num_documents);
  const double count = whole ? limit : std::ceil(limit * total);
  return AllDocuments(static_cast<int64_t>(std::min(count, total)));
}

}  // namespace rankadaptor::llama
