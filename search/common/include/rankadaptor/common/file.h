// Reading and writing whole files with errors that name the file. Writers never
// leave half a file: they write beside the target and rename.
#ifndef RANKADAPTOR_COMMON_FILE_H_
#define RANKADAPTOR_COMMON_FILE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"

namespace rankadaptor {

// The whole file. kNotFound if it is not there or not a regular file,
// kInvalidArgument above `max_bytes`.
Result<std::string> ReadFile(const std::filesystem::path& file,
                             uint64_t max_bytes = uint64_t{1} << 32);

// Replaces `file` by `contents` atomically (temporary file, fsync, rename). The
// folder must exist.
Status WriteFileAtomically(const std::filesystem::path& file,
                           std::string_view contents);

// A file written piece by piece that appears under its name at Commit(), whole
// and on disk; for what is too large to be copied into one string. Without
// Commit() the destructor leaves no trace.
//
//   RA_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
//   for (std::string_view piece : pieces)
//   RA_RETURN_IF_ERROR(out.Append(piece)); return out.Commit();
//
// One thread at a time.
class AtomicFile {
 public:
  // The folder must exist; an existing `file` is replaced at Commit().
  static Result<AtomicFile> Create(const std::filesystem::path& file);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // kResourceExhausted if the disk is full.
  Status Append(std::string_view bytes);
  // Call once, last.
  Status Commit();

 private:
  AtomicFile(std::filesystem::path file,
             std::filesystem::path temporary,
             int descriptor);
  std::filesystem::path file_;
  std::filesystem::path temporary_;
  int descriptor_;  // -1 once committed or moved from
};

// Prepares an output folder under construction: what is written to path()
// appears under its final name at Commit() and is deleted if Commit() is never
// called, so that an interrupted command leaves nothing half-written. Commit()
// renames when all is on disk: what has the final name is whole, even after a
// power cut. What a killed process left behind is removed by the next Create()
// of the same name; a lock on the folder tells it from what another process is
// writing.
// One thread at a time.
class OutputFolder {
 public:
  // kAlreadyExists if `final_path` exists and is not an empty folder.
  static Result<OutputFolder> Create(std::filesystem::path final_path);
  OutputFolder(OutputFolder&& other) noexcept;
  OutputFolder& operator=(OutputFolder&&) = delete;
  ~OutputFolder();

  const std::filesystem::path& path() const { return temporary_; }
  // Call once, last. kResourceExhausted if the disk is full.
  Status Commit();

 private:
  OutputFolder(std::filesystem::path final_path,
               std::filesystem::path temporary,
               int lock);
  std::filesystem::path final_;
  std::filesystem::path temporary_;  // empty once committed or moved from
  int lock_;                         // a descriptor, or -1
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_COMMON_FILE_H_
