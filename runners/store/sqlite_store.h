// A study in a SQLite file: what was asked (the header) and every trial. The
// format is in docs/formats.md.
//
// A trial is one transaction that is in the file when AppendTrial returns, so a
// process that is killed at any point leaves a study with all trials that were
// reported stored, and no half of one.
#ifndef RANKADAPTOR_RUNNERS_STORE_SQLITE_STORE_H_
#define RANKADAPTOR_RUNNERS_STORE_SQLITE_STORE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "runners/store/file_lock.h"
#include "runners/store/sqlite.h"
#include "runners/store/study_store.h"

namespace rankadaptor::runners {

// What a stored trial survives.
enum class Durability {
  kPowerLoss,     // waits for the disk: WAL, synchronous=FULL
  kKilledProcess  // synchronous=NORMAL; power loss may take the last trials
};

// One thread at a time.
class SqliteStore final : public StudyStore {
 public:
  // Makes a study without trials. The file appears complete or not at all.
  // kAlreadyExists if it is there; kUnavailable if another process is making
  // the same one; kFailedPrecondition on a network file system.
  static Result<std::unique_ptr<SqliteStore>> Create(
      const std::filesystem::path& file,
      const StudyHeader& header,
      Durability durability = Durability::kPowerLoss);

  // Opens a study to go on with it. kNotFound; kUnavailable while another
  // process has it open this way; kDataLoss if it is damaged, of another
  // program, or of a newer schema than this program knows; kFailedPrecondition
  // on a network file system.
  static Result<std::unique_ptr<SqliteStore>> Open(
      const std::filesystem::path& file,
      Durability durability = Durability::kPowerLoss);

  // Opens a study to read it, also while another process adds to it.
  static Result<std::unique_ptr<SqliteStore>> OpenToRead(
      const std::filesystem::path& file);

  const StudyHeader& header() const override { return header_; }

  // kDataLoss names the trial and the value that no study can hold.
  Result<std::vector<Trial>> LoadTrials() override;

  // Writers return kFailedPrecondition if the study was opened to read.
  Status AppendTrial(const Trial& trial) override;
  Result<std::vector<int64_t>> LoadAppendOrder() override;
  Status AppendAsked(std::span<const Trial> trials) override;
  Result<std::vector<Trial>> LoadAsked() override;

  Status ReplaceConfig(uint64_t seed, const std::string& config) override;

 private:
  SqliteStore(std::filesystem::path file,
              std::optional<FileLock> lock,
              SqliteConnection connection);

  static Result<std::unique_ptr<SqliteStore>> OpenToWrite(
      const std::filesystem::path& file, FileLock lock, Durability durability);
  static Result<std::unique_ptr<SqliteStore>> OpenLocked(
      const std::filesystem::path& file, std::optional<FileLock> lock);
  Status CheckFormat();
  Status LoadHeader();
  // Commits what `write` did, or nothing.
  Status InTransaction(const std::function<Status()>& write);
  Status InsertTrial(const Trial& trial);
  Status InsertAsked(std::span<const Trial> trials);
  Status InsertParts(const Trial& trial);
  Status LoadParts(std::vector<Trial>& trials);
  tl::unexpected<Error> Damaged(const std::string& what) const;

  std::filesystem::path file_;
  std::optional<FileLock> lock_;
  SqliteConnection connection_;
  int64_t revision_ = 0;
  StudyHeader header_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_SQLITE_STORE_H_
