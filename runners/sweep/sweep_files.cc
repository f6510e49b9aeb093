#include "runners/sweep/sweep_files.h"

#include <unistd.h>

#include "rankadaptor/common/random_stream.h"

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

fs::path SweepFiles::FolderIn(const fs::path& scratch) const {
  std::error_code ignored;
  const std::string whole = fs::absolute(folder_, ignored).string();
  return scratch / ("rankadaptor-" + std::to_string(::getuid()) + "-" +
                    std::to_string(DeriveSeed(0, whole)));
}

}  // namespace rankadaptor::runners
