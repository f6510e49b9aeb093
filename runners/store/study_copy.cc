#include "runners/store/study_copy.h"

#include <string>
#include <unistd.h>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// SQLite makes a file that is whole by itself, without a journal beside it.
Status MakeWholeFile(const fs::path& from, const fs::path& whole) {
  RA_ASSIGN_OR_RETURN(SqliteConnection connection,
                      SqliteConnection::Open(from, /*create=*/false));
  RA_ASSIGN_OR_RETURN(SqliteStatement copy,
                      connection.Prepare("VACUUM INTO ?"));
  copy.Bind(1, whole.string());
  return copy.Run();
}

}  // namespace

Status CopyStudyFile(const fs::path& from, const fs::path& to) {
  fs::path whole = from;
  whole += ".copy-" + std::to_string(::getpid());
  std::error_code ignored;
  fs::remove(whole, ignored);
  Status copied = MakeWholeFile(from, whole);
  if (copied) {
    auto bytes = ReadFile(whole);
    copied = bytes ? WriteFileAtomically(to, *bytes)
                   : Status(tl::unexpected(bytes.error()));
  }
  fs::remove(whole, ignored);
  return copied;
}

}  // namespace rankadaptor::runners
