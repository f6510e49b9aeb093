// Where a sweep keeps its studies and results:
//
//   a.sweep/NAME.study.db          a study, with what belongs to it
//   a.sweep/NAME.study.result.json how it ended (study_result.h)
//   a.sweep/NAME.study.log         what it said
//   a.sweep/slurm/                 its job arrays (slurm_jobs.h)
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
  std::filesystem::path slurm() const { return folder_ / "slurm"; }

  StudyFiles Study(const std::string& name) const;
  std::filesystem::path ResultOf(const std::string& name) const;
  std::filesystem::path LogOf(const std::string& name) const;

  // The folder in `scratch` that no other sweep has.
  std::filesystem::path FolderIn(const std::filesystem::path& scratch) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SWEEP_FILES_H_
