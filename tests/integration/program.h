// Runs the rankadaptor command as users do.
#ifndef RANKADAPTOR_TESTS_INTEGRATION_PROGRAM_H_
#define RANKADAPTOR_TESTS_INTEGRATION_PROGRAM_H_

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace rankadaptor::testing {

struct ProgramResult {
  int exit_code = -1;  // -1 if a signal ended it
  std::string out;     // stdout
  std::string err;     // stderr
};

// A running program; killed when the object goes away.
class Program {
 public:
  // Runs in `folder`, with one OpenMP thread.
  Program(const std::filesystem::path& folder,
          const std::vector<std::string>& arguments);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // Waits until stderr has had this many lines, or the program ends.
  void WaitForErrorLines(int num_lines);

  void Signal(int signal);

  // Waits for the end.
  ProgramResult Finish();

 private:
  bool ReadMore();

  std::filesystem::path out_file_;
  pid_t process_ = -1;
  int error_pipe_ = -1;
  std::string err_;
};

ProgramResult RunProgram(const std::filesystem::path& folder,
                         const std::vector<std::string>& arguments);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_INTEGRATION_PROGRAM_H_
