// A study in a PostgreSQL database, which many programs on many machines may
// have open at the same time. The tables are in docs/formats.md.
//
// A trial is one statement that is committed when AppendTrial returns. What is
// lost with the connection is lost: the store does not connect again by itself
// (work_queue.h does).
#ifndef RANKADAPTOR_RUNNERS_STORE_POSTGRES_STORE_H_
#define RANKADAPTOR_RUNNERS_STORE_POSTGRES_STORE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "runners/store/postgres.h"
#include "runners/store/study_location.h"
#include "runners/store/study_store.h"

namespace rankadaptor::runners {

// One thread at a time.
class PostgresStore final : public StudyStore {
 public:
  // Makes a study without trials, and the tables if the database has none.
  // kAlreadyExists if there is one of this name; else as Open().
  static Result<std::unique_ptr<PostgresStore>> Create(
      const DatabaseLocation& location, const StudyHeader& header);

  // kNotFound if there is no study of this name; kUnavailable if the database
  // cannot be reached; kDataLoss if it is of a newer schema than this program
  // knows; kInvalidArgument if the location names no study.
  static Result<std::unique_ptr<PostgresStore>> Open(
      const DatabaseLocation& location);

  // Names of all studies of the database, in their order.
  static Result<std::vector<std::string>> List(
      const DatabaseLocation& location);

  // Deletes the study with all that belongs to it. kNotFound.
  static Status Delete(const DatabaseLocation& location);

  const StudyHeader& header() const override { return header_; }
  // Of the program that made the study.
  const std::string& program_version() const { return program_version_; }
  // Number of the study in the database.
  int64_t study() const { return study_; }
  PostgresConnection& connection() { return connection_; }

  // Workers of which something was heard within their lease.
  Result<int> CountWorkers();

  // Every function: kUnavailable if the connection is lost, kResourceExhausted
  // if the server's disk is full.
  Result<std::vector<Trial>> LoadTrials() override;
  Status AppendTrial(const Trial& trial) override;
  Result<std::vector<int64_t>> LoadAppendOrder() override;
  Status AppendAsked(std::span<const Trial> trials) override;
  Result<std::vector<Trial>> LoadAsked() override;
  Status ReplaceConfig(uint64_t seed, const std::string& config) override;

 private:
  PostgresStore(DatabaseLocation location, PostgresConnection connection)
      : location_(std::move(location)), connection_(std::move(connection)) {}

  static Result<std::unique_ptr<PostgresStore>> Connect(
      const DatabaseLocation& location);
  Status LoadHeader();
  tl::unexpected<Error> Damaged(const std::string& what) const;

  DatabaseLocation location_;
  PostgresConnection connection_;
  int64_t study_ = 0;
  StudyHeader header_;
  std::string program_version_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_POSTGRES_STORE_H_
