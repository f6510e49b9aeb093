// The Markdown that goes with an exported folder: what it is, what was pruned
// and how much really, how good it is and how sure that is, what it was made
// from, how to load it.
//
// Thread-safety: plain values; a function of its arguments.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_MODEL_CARD_H_
#define RANKADAPTOR_RUNNERS_LLAMA_MODEL_CARD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model_config.h"

#include "runners/report/objective.h"
#include "runners/report/study_report.h"

namespace rankadaptor::runners {

// The adapter that is exported, alone or folded in.
struct CardAdapter {
  std::vector<int> ranks;  // of each layer of the model
  int64_t num_parameters = 0;
  std::optional<int> uniform_rank;  // all modules are padded to it
};

// What a study knows about what it found.
struct CardStudy {
  int64_t trial = -1;
  bool chosen_as_best = false;
  uint64_t trial_seed = 0;
  uint64_t study_seed = 0;
  std::string evaluator;  // name and version
  Objective objective;
  std::vector<ReportRow> rows;         // empty before confirmation
  Measurement measurement;             // of the trial itself
  std::optional<size_t> exported_row;  // which of `rows` the trial belongs to
  // Files and tasks, as the config names them.
  std::vector<std::pair<std::string, std::string>> data;
  std::string config;  // JSON
};

struct ModelCard {
  std::string format;      // of the export: "peft", "merged", ...
  std::string base_model;  // as the user named it
  std::optional<llama::LlamaConfig> dense;  // before pruning, where known
  llama::LlamaConfig config;                // without padding
  std::optional<llama::KeptIndices> kept;
  llama::Dtype dtype = llama::Dtype::kFloat32;  // of the files
  std::optional<CardAdapter> adapter;
  std::optional<CardStudy> study;
};

// README.md with the header that model hubs read.
std::string FormatModelCard(const ModelCard& card);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_MODEL_CARD_H_
