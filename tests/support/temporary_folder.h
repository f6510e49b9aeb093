// A fresh folder that is deleted, with what is in it, when the test ends.
#ifndef RANKADAPTOR_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
#define RANKADAPTOR_TESTS_SUPPORT_TEMPORARY_FOLDER_H_

#include <filesystem>
#include <stdlib.h>
#include <string>

#include <gtest/gtest.h>

namespace rankadaptor::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = ::testing::TempDir() + "rankadaptor.XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
