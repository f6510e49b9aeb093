#include "runners/sweep/sweep_files.h"

namespace rankadaptor::runners {

namespace fs = std::filesystem;

SweepFiles::SweepFiles(const fs::path& config_file)
    : folder_(fs::path(config_file).replace_extension(".sweep")) {}

StudyFiles SweepFiles::Study(const std::string& name) const {
  return StudyFilesOf(folder_ / (name + ".study.db"));
}

fs::path SweepFiles::ResultOf(const std::string& name) const {
  return folder_ / (name + ".study.result.json");
}

fs::path SweepFiles::LogOf(const std::string& name) const {
  return folder_ / (name + ".study.log");
}

}  // namespace rankadaptor::runners
