// Writes scores in the layout of lm-evaluation-harness (spec 8.9), so that
// scripts made for it go on working:
//
//   results_<time>.json           all tasks: metrics, standard errors, settings
//   samples_<task>_<time>.jsonl   one line per document, on request
//
// <time> is UTC in ISO form with "-" for ":".
#ifndef RANKADAPTOR_LLAMA_EVAL_REPORT_H_
#define RANKADAPTOR_LLAMA_EVAL_REPORT_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/scorer.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/task_scores.h"

namespace rankadaptor::llama {

// One task with its scores; both borrowed.
struct ScoredTask {
  const Task* task = nullptr;
  const TaskScores* scores = nullptr;
};

// How the scores came about, for the record.
struct EvalSettings {
  std::string model;    // folder
  std::string adapter;  // folder, empty for none
  std::string dtype;
  std::string device;
  ScoringPreset preset = ScoringPreset::k04WithBos;
  int64_t max_length = 0;
  int64_t batch_size = 0;
  std::optional<double> limit;
  double duration_seconds = 0;
};

struct EvalFiles {
  std::filesystem::path results;
  std::vector<std::filesystem::path> samples;  // one per task, or none
};

// Writes into `folder`, which is made if it is not there. Each file appears
// whole or not at all, the results last.
Result<EvalFiles> WriteEvalReport(const std::filesystem::path& folder,
                                  std::span<const ScoredTask> tasks,
                                  const EvalSettings& settings,
                                  bool log_samples,
                                  const Clock& clock);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_EVAL_REPORT_H_
