// Where a sweep keeps its studies and results:
//
//   a.sweep/NAME.study.db          a study, with what belongs to it
//   a.sweep/NAME.study.result.json how it ended (study_result.h)
//   a.sweep/NAME.study.log         what it said
//   a.sweep/results.md, .csv       the result tables
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SWEEP_FILES_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SWEEP_FILES_H_

#include <filesystem>
#include <string>

#include "runners/study/study_files.h"

namespace rankadaptor::runners {

class SweepFiles {
 public:
  // Of the sweep with this config file.
  explicit SweepFiles(const std::filesystem::path& config_file);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path markdown() const { return folder_ / "results.md"; }
  std::filesystem::path csv() const { return folder_ / "results.csv"; }

  StudyFiles Study(const std::string& name) const;
  std::filesystem::path ResultOf(const std::string& name) const;
  std::filesystem::path LogOf(const std::string& name) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SWEEP_FILES_H_
