// What a sweep config describes: its axes and the studies they expand to.
//
//   RA_ASSIGN_OR_RETURN(SweepPlan plan, ReadSweepPlan("sweep.yaml"));
//   for (const SweepStudy& study : plan.studies) { ... }
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SWEEP_PLAN_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SWEEP_PLAN_H_

#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/v1/search.pb.h"
#include "rankadaptor/v1/sweep.pb.h"

#include "runners/config/config_reader.h"

namespace rankadaptor::runners {

// How the result tables show an axis.
enum class AxisRole {
  // Changes what is measured: the tables have a block for each choice.
  kSetting,
  // Sets only fields of `search`, `confirmation`, `evaluator.llama.recovery`
  // and `evaluator.llama.ranks`: its choices compete within a block.
  kMethod,
  // Sets only `evaluator.llama.scoring.tasks`, no task in two choices: the
  // choices fill different columns of the same row.
  kTasks,
  // The seeds: the tables show mean and spread over them.
  kSeed,
};

struct SweepChoice {
  std::string name;
  std::vector<Assignment> set;
};

struct SweepAxis {
  std::string name;  // "seed" for the seeds
  AxisRole role = AxisRole::kSetting;
  std::vector<SweepChoice> choices;
};

struct SweepStudy {
  std::string name;          // "ratio=0.2,seed=1"; fit for a file's name
  std::vector<int> choices;  // index of the choice, one per axis
  std::vector<Assignment> set;
};

struct SweepPlan {
  std::filesystem::path file;
  std::string text;  // of the file
  v1::SweepConfig config;
  std::vector<SweepAxis> axes;
  std::vector<SweepStudy> studies;  // the last axis changes fastest
};

// Errors name the field of the sweep config. That the studies' own configs are
// right is not looked at.
Result<SweepPlan> ReadSweepPlan(const std::filesystem::path& file);

// The search config of one study. Errors name the place in the sweep's file.
Result<ConfigSource> ReadStudyConfig(const SweepPlan& plan,
                                     const SweepStudy& study,
                                     v1::SearchConfig* config);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SWEEP_PLAN_H_
