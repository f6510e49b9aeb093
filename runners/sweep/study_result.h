// How a study of a sweep ended, and what it measured: the one file that the
// sweep reads afterwards, wherever the study ran.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_STUDY_RESULT_H_
#define RANKADAPTOR_RUNNERS_SWEEP_STUDY_RESULT_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// Values of one metric as people read them: a loss is not negated.
struct ResultMetric {
  std::string name;
  bool minimised = false;
  std::vector<double> samples;  // one per confirmation trial

  friend bool operator==(const ResultMetric&, const ResultMetric&) = default;
};

struct ResultRow {
  enum class Kind {
    kReference,  // outside the space: "dense", "pruned"
    kBaseline,   // a given configuration: "uniform 8"
    kFound,      // the finalist to use
  };
  std::string label;
  Kind kind = Kind::kFound;
  std::vector<ResultMetric> metrics;

  friend bool operator==(const ResultRow&, const ResultRow&) = default;
};

struct StudyResult {
  bool done = false;    // else it failed
  std::string config;   // what it was made with, as ConfigKey() says
  std::string message;  // why it failed
  double wall_seconds = 0;
  std::vector<ResultRow> rows;

  friend bool operator==(const StudyResult&, const StudyResult&) = default;
};

Status WriteStudyResult(const std::filesystem::path& file,
                        const StudyResult& result);

// Empty if there is no file. kDataLoss if it is damaged or of a newer revision.
Result<std::optional<StudyResult>> ReadStudyResult(
    const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_STUDY_RESULT_H_
